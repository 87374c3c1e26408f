namespace Orleans.Kpl.House.Tests;

/// <summary>The documents name tests by their class alone, so a class name says which test is meant.</summary>
public sealed class TestNameTests
{
    [Fact]
    public void TypesOfTests_HaveNamesOfTheirOwn()
    {
        var types = DeclaredType.OfTests.Where(t => t.Parts.All(p => !p.IsFileLocal)).ToList();
        Assert.NotEmpty(types);
        Strays.None(types.GroupBy(t => t.Name).Where(g => g.Count() > 1).SelectMany(g => g).Select(t => t.ToString()));
    }

    /// <summary>What prepares and drives a test is a harness.</summary>
    [Fact]
    public void Bench_IsABenchmark() =>
        Strays.None(DeclaredType.OfTests
            .Where(t => t.Name.EndsWith("Bench", StringComparison.Ordinal) && !t.Parts[0].File.StartsWith("tests/Benchmarks/", StringComparison.Ordinal))
            .Select(t => t.ToString()));
}
