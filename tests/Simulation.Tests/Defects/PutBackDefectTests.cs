using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests.Defects;

/// <summary>Defects that were mended are put back, one at a time: histories find each of them, or it is said why none can.</summary>
public sealed class PutBackDefectTests(DefectiveBuild build, ITestOutputHelper output) : IClassFixture<DefectiveBuild>
{
    private const int MostHistories = 5_000;
    private const int OfAStretch = 250;

    /// <summary>More seeds than hold a stretch of histories that meet one circumstance.</summary>
    private const int SeedsOfAStretch = 20_000;

    public static TheoryData<string> Names => [.. PutBackDefect.All.Select(static d => d.Name)];

    [Fact]
    public void List_HasThePatchesThatAreThere() =>
        Assert.Equal(PutBackDefect.Patches.Order(StringComparer.Ordinal), PutBackDefect.All.Select(static d => d.Name).Order(StringComparer.Ordinal));

    /// <summary>Who changes the code around a mend makes its patch anew.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public Task Patch_OfADefect_Applies(string name) => DefectiveBuild.ApplyAsync(Checkout.Root, "--check", Find(name).Patch);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public async Task Defect_ThatIsPutBack_IsFound(string name)
    {
        var defect = Find(name);
        var program = await build.MakeAsync(defect.Patch);
        Assert.SkipWhen(defect.Violation is null, $"no history can find it: {defect.Because}");
        var (ran, found) = (0, 0);
        for (var stretch = 0; found == 0 && ran < MostHistories; stretch++)
        {
            var run = await SimulatorRun.StartOfAsync(
                program, "--meet", defect.Circumstance.ToString(), "--first", Number(1 + stretch * SeedsOfAStretch), "--histories", Number(OfAStretch),
                "--seconds", "600", "--json");
            (ran, found) = (ran + run.Histories, run.Output.Split('\n').Count(l => l.Contains(defect.Violation!, StringComparison.Ordinal)));
            output.WriteLine(run.Output);
        }

        Assert.True(found > 0, $"{name} was not found in {ran} histories");
    }

    private static PutBackDefect Find(string name) => PutBackDefect.All.Single(d => d.Name == name);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
