namespace Orleans.Kpl.House.Tests;

/// <summary>A class that is cut into files by length is still one class.</summary>
public sealed class TypeLengthTests
{
    private const int MostLines = 500;

    /// <summary>Types that are being split. One that has become short enough leaves the list.</summary>
    private static readonly HashSet<string> Pending = ["ShardEngine", "StreamBacklog", "StreamPipeline"];

    [Fact]
    public void Types_WithAllTheirFiles_StayWithinTheirLines()
    {
        var types = DeclaredType.OfProduct.ToList();
        Assert.NotEmpty(types);
        Strays.None(types.Where(t => LinesOf(t) > MostLines && !Pending.Contains(t.Name)).Select(t => $"{LinesOf(t)} lines, at most {MostLines}: {t}"));
    }

    [Fact]
    public void PendingTypes_AreStillTooLong() =>
        Strays.None(Pending.Where(name => !DeclaredType.OfProduct.Any(t => t.Name == name && LinesOf(t) > MostLines)));

    private static int LinesOf(DeclaredType type) => type.Parts.Where(p => !p.IsLogMessages).Sum(p => p.Lines);
}
