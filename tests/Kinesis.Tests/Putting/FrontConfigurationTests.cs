using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Abstractions.Tests.Options;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Kinesis.Tests.Putting;

/// <summary>Section Kpl:Front.</summary>
/// <remarks>Tests <see cref="KinesisFrontConfiguration"/> and <see cref="KinesisFrontOptions"/>.</remarks>
public sealed class FrontConfigurationTests
{
    [Fact]
    public void Read_OfNothing_HasTheDefaults()
    {
        var options = Read([], out var errors);

        Assert.Empty(errors);
        Assert.Equal((TimeSpan.FromSeconds(5), AckLevel.Delivered), (options.AnswerWithin, options.Ack));
        Assert.Empty(options.SignedRegions.Concat(options.SignedHosts));
    }

    [Fact]
    public void Read_OfEverySetting_TakesIt()
    {
        var options = Read(
            new()
            {
                ["AnswerWithin"] = "250ms", ["ack"] = "persisted", ["SignedRegions"] = "eu-central-1, us-east-1", ["SignedHosts:0"] = "a.example:8443",
                ["SignedHosts:1"] = "b",
            },
            out var errors);

        Assert.Empty(errors);
        Assert.Equal((TimeSpan.FromMilliseconds(250), AckLevel.Persisted), (options.AnswerWithin, options.Ack));
        Assert.Equal(["eu-central-1", "us-east-1"], options.SignedRegions);
        Assert.Equal(["a.example:8443", "b"], options.SignedHosts);
    }

    [Fact]
    public void Read_OfWrongValues_TellsThemAll()
    {
        Read(new()
        {
            ["AnswerWithin"] = "99ms", ["Ack"] = "accepted", ["SignedRegions"] = "EU", ["SignedHosts"] = "http://x", ["AnswrWithin"] = "1s",
        }, out var errors);

        Assert.Equal(5, errors.Count);
        Assert.Contains(errors, e => e.Contains("Kpl:Front:AnswerWithin is '99ms': allowed is 100 milliseconds to 5 minutes", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Contains("the nearest is Kpl:Front:AnswerWithin", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_OfPersistedWithoutABacklog_IsAnError()
    {
        KinesisFrontConfiguration.Read(Section(new() { ["Ack"] = "Persisted" }), hasBacklog: false, out var errors);

        Assert.Contains("durable backlog", Assert.Single(errors), StringComparison.Ordinal);
    }

    /// <summary>When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces the table.</summary>
    [Fact]
    public void Page_HasTheTable() =>
        SettingsPage.Check("## In `Kpl:Front`, for the Kinesis front of the local tier and silos", SettingsMarkdown.Table(KinesisFrontConfiguration.All));

    private static KinesisFrontOptions Read(Dictionary<string, string?> settings, out IReadOnlyList<string> errors) =>
        KinesisFrontConfiguration.Read(Section(settings), hasBacklog: true, out errors);

    private static IConfigurationSection Section(Dictionary<string, string?> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("Kpl:Front:" + s.Key, s.Value))).Build().GetSection("Kpl");
}
