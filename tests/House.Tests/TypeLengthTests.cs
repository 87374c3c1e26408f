namespace Orleans.Kpl.House.Tests;

/// <summary>A class that is cut into files by length is still one class.</summary>
public sealed class TypeLengthTests
{
    private const int MostLines = 500;

    [Fact]
    public void Types_WithAllTheirFiles_StayWithinTheirLines()
    {
        var types = DeclaredType.OfProduct.ToList();
        Assert.NotEmpty(types);
        Strays.None(types.Where(t => LinesOf(t) > MostLines).Select(t => $"{LinesOf(t)} lines, at most {MostLines}: {t}"));
    }

    private static int LinesOf(DeclaredType type) => type.Parts.Where(p => !p.IsLogMessages).Sum(p => p.Lines);
}
