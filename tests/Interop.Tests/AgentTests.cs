using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Agents of others put over the tier's HTTP, as they come: only their configuration names the tier.</summary>
[Collection(nameof(LocalTier))]
public sealed class AgentTests(LocalTier tier)
{
    private const int Lines = 250;
    private const string Stream = "agents";

    [Fact]
    public async Task SyslogNg_PutsLinesInBatches_WhichTheTierAggregates()
    {
        Needs.NodePackages();
        await Needs.SyslogNgAsync();
        using var folder = new TemporaryFolder();
        string[] arguments =
        [
            "-F", "-f", Path.Combine(Needs.StandIns, "syslog-ng.conf"), "-R", $"{folder.Path}/persist", "-c", $"{folder.Path}/control",
            "--pidfile", $"{folder.Path}/pid", "--no-caps",
        ];
        var start = new ProcessStartInfo("syslog-ng", arguments) { RedirectStandardInput = true };
        (start.Environment["KPL_TIER"], start.Environment["KPL_STREAM"]) = (tier.Http, Stream);
        using var agent = Process.Start(start)!;
        try
        {
            for (var i = 0; i < Lines; i++)
                await agent.StandardInput.WriteLineAsync($"line {i}");
            await agent.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            // The agent stays: at the end of its input it would leave without what it has not sent.
            await Waiting.UntilAsync(() => DeliveredAsync());
        }
        finally
        {
            agent.Kill(entireProcessTree: true);
            await agent.WaitForExitAsync(CancellationToken.None);
        }

        var put = await Command.ScriptAsync("client.mjs", ["read", tier.Kinesis, Stream]);
        var read = await Command.ScriptAsync("aggregates.mjs", ["split"], put);
        Assert.True(put.Count < Lines / 10, $"{Lines} lines came as {put.Count} Kinesis records");
        Assert.Equal(
            Enumerable.Range(0, Lines).Select(static i => $"{{\"text\":\"line {i}\"}}").Order(StringComparer.Ordinal),
            read.Select(static r => Encoding.UTF8.GetString(Convert.FromBase64String(r.Data))).Order(StringComparer.Ordinal));
    }

    private async Task<bool> DeliveredAsync()
    {
        using var http = new HttpClient();
        var ledger = JsonDocument.Parse(await http.GetStringAsync($"{tier.Http}/admin/streams/{Stream}/ledger", TestContext.Current.CancellationToken));
        return ledger.RootElement.GetProperty("delivered").GetInt64() >= Lines;
    }
}
