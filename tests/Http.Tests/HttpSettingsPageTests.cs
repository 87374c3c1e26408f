using Orleans.Kpl.Abstractions.Tests.Options;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http.Tests;

/// <summary>The table of docs/settings.md has each setting of HTTP as the code has it, and the code holds its ranges.</summary>
public sealed class HttpSettingsPageTests
{
    private static readonly List<Setting<KplHttpOptions>> Bounded = [.. KplHttpConfiguration.All.Where(static s => s.IsNumber)];

    public static TheoryData<string> Names => [.. Bounded.Select(static s => s.Name)];

    /// <summary>When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces the table.</summary>
    [Fact]
    public void Page_HasTheTable() => SettingsPage.Check("## In `Kpl:Http`, for the local tier and silos", SettingsMarkdown.Table(KplHttpConfiguration.All));

    [Fact]
    public void All_IsEveryPropertyOfTheOptions() => Assert.Equal(
        typeof(KplHttpOptions).GetProperties().Where(static p => p.SetMethod!.IsPublic).Select(static p => $"Http:{p.Name}").Order(),
        KplHttpConfiguration.All.Select(static s => s.Name).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Range_OfANumberOrATime_IsWhatIsTaken(string name)
    {
        var (least, most) = Edges(KplHttpConfiguration.All.Find(name)!);
        Assert.Empty(Errors(name, least(0)));
        Assert.Empty(Errors(name, most(0)));
        Assert.NotEmpty(Errors(name, least(-1)));
        Assert.NotEmpty(Errors(name, most(1)));
    }

    private static (Func<int, string> Least, Func<int, string> Most) Edges(Setting<KplHttpOptions> setting) => setting switch
    {
        Setting<KplHttpOptions, long> { Value: WholeNumber v } => (by => v.Format(v.Min + by), by => v.Format(v.Max + by)),
        Setting<KplHttpOptions, TimeSpan> { Value: Duration v } =>
            (by => v.Format(v.Min + TimeSpan.FromSeconds(by)), by => v.Format(v.Max + TimeSpan.FromSeconds(by))),
        _ => throw new InvalidOperationException($"{setting.Name} has no edges"),
    };

    private static IReadOnlyList<string> Errors(string name, string value) => KplHttpConfigurationTests.ErrorsOf((name["Http:".Length..], value));
}
