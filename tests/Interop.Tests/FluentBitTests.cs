using System.Diagnostics;
using System.Text;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Fluent Bit's output <c>kinesis_streams</c> puts through the Kinesis front of a tier. It speaks TLS only.</summary>
public sealed class FluentBitTests
{
    private const int Lines = 3_000;
    private const string Stream = "fluent";

    [Fact]
    public async Task FluentBit_PutsEachLineOnce_ThroughTheFront()
    {
        Needs.NodePackages();
        await Needs.FluentBitAsync();
        using var folder = new TemporaryFolder();
        var lines = Enumerable.Range(0, Lines).Select(static i => $"line {i}").ToList();
        using var authority = new TestAuthority();
        await using var tier = await LocalProcess.StartReadyAsync(
            "--stream", $"{Stream}=4", "--Kpl:Http:CertificateFile", folder.Write("tier.pem", authority.Issue("localhost")));
        using var agent = Start(
            tier.Http.BaseAddress!.Port, folder.Write("lines", string.Concat(lines.Select(static l => l + "\n"))), folder.Write("ca.pem", authority.Pem));
        IReadOnlyList<Line> put = [];
        try
        {
            await Waiting.UntilAsync(async () => (put = await Command.ScriptAsync("client.mjs", ["read", tier.Kinesis.OriginalString, Stream])).Count >= Lines);
        }
        finally
        {
            agent.Kill(entireProcessTree: true);
            await agent.WaitForExitAsync(CancellationToken.None);
        }

        Assert.Equal(
            lines.Order(StringComparer.Ordinal),
            put.Select(static r => Encoding.UTF8.GetString(Convert.FromBase64String(r.Data)).TrimEnd('\n')).Order(StringComparer.Ordinal));
        Assert.True(put.Select(static r => r.ShardId).Distinct().Count() > 1, "all lines went to one shard");
    }

    private static Process Start(int port, string lines, string authority)
    {
        var start = new ProcessStartInfo("fluent-bit", ["-c", Path.Combine(Needs.StandIns, "fluent-bit.conf")]);
        foreach (var (name, value) in Needs.AwsEnvironment)
            start.Environment[name] = value;
        (start.Environment["KPL_LINES"], start.Environment["KPL_STREAM"]) = (lines, Stream);
        (start.Environment["KPL_HOST"], start.Environment["KPL_PORT"], start.Environment["KPL_CA"]) = ("localhost", $"{port}", authority);
        return Process.Start(start)!;
    }
}
