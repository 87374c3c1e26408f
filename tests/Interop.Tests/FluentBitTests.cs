using System.Diagnostics;
using System.Text;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Fluent Bit's output <c>kinesis_streams</c> puts through the Kinesis front of a tier. It speaks TLS only.</summary>
public sealed class FluentBitTests : IDisposable
{
    private const int Lines = 3_000;
    private const string Stream = "fluent";

    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-fluent-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task FluentBit_PutsEachLineOnce_ThroughTheFront()
    {
        Needs.NodePackages();
        await Needs.FluentBitAsync();
        var lines = Enumerable.Range(0, Lines).Select(static i => $"line {i}").ToList();
        await File.WriteAllLinesAsync(In("lines"), lines, TestContext.Current.CancellationToken);
        using var authority = new TestAuthority();
        await File.WriteAllTextAsync(In("ca.pem"), authority.Pem, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(In("tier.pem"), authority.Issue("localhost"), TestContext.Current.CancellationToken);
        await using var tier = await Server.StartAsync(
            Needs.Program("Orleans.Kpl.Local", "Orleans.Kpl.Local"),
            ["--http-port", "0", "--kinesis-port", "0", "--stream", $"{Stream}=4", "--Kpl:Http:CertificateFile", In("tier.pem")]);
        var addresses = tier.Ready.Split(' ').Select(static part => part.Split('=', 2)).ToDictionary(static part => part[0], static part => part[1]);

        using var agent = Start(new Uri(addresses["http"]).Port);
        IReadOnlyList<Line> put = [];
        try
        {
            await Waiting.UntilAsync(async () => (put = await Command.ScriptAsync("client.mjs", ["read", addresses["kinesis"], Stream])).Count >= Lines);
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

    private Process Start(int port)
    {
        var start = new ProcessStartInfo("fluent-bit");
        foreach (var argument in (string[])["-c", Path.Combine(Needs.StandIns, "fluent-bit.conf")])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in Needs.AwsEnvironment)
            start.Environment[name] = value;
        (start.Environment["KPL_LINES"], start.Environment["KPL_STREAM"]) = (In("lines"), Stream);
        (start.Environment["KPL_HOST"], start.Environment["KPL_PORT"], start.Environment["KPL_CA"]) = ("localhost", $"{port}", In("ca.pem"));
        return Process.Start(start)!;
    }

    private string In(string name) => Path.Combine(_folder, name);
}
