using System.Text;
using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Commands.CapacityCommands"/> and <see cref="Cli.Admin.CapacityText"/>.</remarks>
public sealed class CapacityVerbTests
{
    private static readonly StreamCapacity Now = new()
    {
        Stream = "events", Status = "ACTIVE", OnDemand = true, WarmMiBPerSecond = 8, MaxRecordKiB = 1_024, BillingCommitment = "ENABLED",
    };

    private static readonly StreamCapacity Warm = Now with
    {
        WarmMiBPerSecond = 200, WarmUntil = new(2026, 1, 2, 15, 30, 0, TimeSpan.Zero), WarmAfterwardsMiBPerSecond = 8,
    };

    [Theory]
    [InlineData("""{"warm_mib_per_second":200,"for_seconds":7200,"max_record_kib":null,"on_demand":null,"dry_run":false}""", "warm", "200MiB", "--for", "2h")]
    [InlineData("""{"warm_mib_per_second":2048,"for_seconds":0,"max_record_kib":null,"on_demand":null,"dry_run":false}""", "warm", "2GiB")]
    [InlineData("""{"warm_mib_per_second":0,"for_seconds":0,"max_record_kib":null,"on_demand":null,"dry_run":false}""", "warm", "0")]
    [InlineData("""{"warm_mib_per_second":null,"for_seconds":0,"max_record_kib":10240,"on_demand":null,"dry_run":false}""", "record-limit", "10MiB")]
    [InlineData("""{"warm_mib_per_second":null,"for_seconds":0,"max_record_kib":1536,"on_demand":null,"dry_run":false}""", "record-limit", "1.5mib")]
    [InlineData("""{"warm_mib_per_second":null,"for_seconds":0,"max_record_kib":null,"on_demand":true,"dry_run":false}""", "mode", "on-demand")]
    [InlineData("""{"warm_mib_per_second":null,"for_seconds":0,"max_record_kib":null,"on_demand":false,"dry_run":false}""", "mode", "provisioned")]
    public async Task Verbs_WithYes_PostTheirChange(string body, params string[] arguments)
    {
        await using var tier = await StartAsync();
        var run = await CliRun.RunAsync([.. arguments, "--yes", "--tier", tier.Url]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var request = Assert.Single(tier.Requests);
        Assert.Equal(("/admin/streams/events/capacity", body), (request.Path, request.Body));
        Assert.Contains("It goes up.\nIt comes back.\nKinesis has accepted it", run.Text, StringComparison.Ordinal);
        Assert.EndsWith(
            "capacity: on-demand, warm throughput 200 MiB/s until 2026-01-02 15:30 UTC, then 8 MiB/s, records of at most 1 MiB, billing commitment ENABLED\n",
            run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'200MB' is no size in whole MiB", "warm", "200MB")]
    [InlineData("'1KiB' is no size in whole MiB", "warm", "1KiB")]
    [InlineData("'99999GiB' is no size", "warm", "99999GiB")]
    [InlineData("--for: 'soon' is no duration", "warm", "8", "--for", "soon")]
    [InlineData("--for: '30' has no unit: write 30ms or 30s", "warm", "8", "--for", "30")]
    [InlineData("--for: '0s' is no duration from 1m to 30d", "warm", "8", "--for", "0s")] // warmed for good
    [InlineData("'0.0001MiB' is no size in whole KiB", "record-limit", "0.0001MiB")]
    // A bare number was MiB, and 10240 is what Kinesis calls 10 MiB.
    [InlineData("'10240' has no unit: write 10240KiB", "record-limit", "10240")]
    [InlineData("'10' has no unit: write 10MiB", "record-limit", "10")]
    [InlineData("'20MiB' is not from 1MiB to 10MiB", "record-limit", "20MiB")]
    [InlineData("'auto' is no mode of a stream", "mode", "auto")]
    public async Task Verbs_WithWhatIsNone_SayWhy(string message, params string[] arguments) =>
        (await CliRun.RunAsync(arguments)).AssertError(2, message);

    [Fact]
    public async Task DryRun_ShowsTheChange_AndMakesNone()
    {
        await using var tier = await StartAsync();
        (await CliRun.RunAsync("warm", "200MiB", "--for", "2h", "--dry-run", "--tier", tier.Url)).AssertOutput(0, "A dry run: nothing was done.\n");
        Assert.All(tier.Requests, static r => Assert.Contains("\"dry_run\":true", r.Body, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("y\n", 0, 1)]
    [InlineData("n\n", 1, 0)]
    [InlineData("", 1, 0)]
    public async Task AtATerminal_TheChangeIsShownAndAskedFor(string typed, int exitCode, int made)
    {
        await using var tier = await StartAsync();
        var run = await CliRun.RunAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(typed)), ["mode", "provisioned", "--tier", tier.Url], terminal: true, keyboard: true);
        run.AssertError(exitCode, "It goes up.\nIt comes back.\nDo it? [y/N] ");
        Assert.Equal(made, tier.Requests.Count(static r => r.Body.Contains("\"dry_run\":false", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task WithoutATerminal_TheChangeTakesYes()
    {
        await using var tier = await StartAsync();
        var run = await CliRun.RunAsync("record-limit", "10MiB", "--tier", tier.Url);
        Assert.Equal((2, "kpl: It goes up. It comes back. --yes does it\n"), (run.ExitCode, run.Error));
        Assert.Single(tier.Requests);
    }

    [Fact]
    public async Task WhatIsSoAlready_IsNotAskedFor()
    {
        await using var tier = await StartAsync(hasNotes: false);
        var run = await CliRun.RunAsync("mode", "on-demand", "--tier", tier.Url);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("events is so already: nothing is to be done\n", run.Text, StringComparison.Ordinal);
        Assert.Single(tier.Requests);
    }

    private static Task<FakeTier> StartAsync(bool hasNotes = true) => FakeTier.StartAsync((request, context) =>
    {
        var plan = new CapacityPlan
        {
            Before = Now,
            After = Warm,
            Notes = hasNotes ? ["It goes up.", "It comes back."] : [],
            IsMade = hasNotes && request.Body.Contains("\"dry_run\":false", StringComparison.Ordinal),
        };
        return FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(plan, AdminJson.Default.CapacityPlan));
    });
}
