using System.Runtime.CompilerServices;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Host.Tests;

/// <summary>A silo that is alone, with its backlog in a folder.</summary>
public sealed class HostBacklogTests : IDisposable
{
    private const string Stream = "events";

    private readonly TemporaryFolder _folder = new();

    [PosixFact]
    public async Task Killed_WithRecordsPersisted_TheNextSiloDeliversThemWithoutACall()
    {
        await using var kinesis = await StartKinesisAsync();
        var outage = kinesis.Kinesis.Faults.Add(new OutageFault());
        await using (var killed = await StartAsync(kinesis))
        {
            var (status, text) = await killed.PostAsync($"/streams/{Stream}/records?ack=persisted", Records(200));
            Assert.Equal(200, status);
            Assert.All(JsonDocument.Parse(text).RootElement.EnumerateArray(), r => Assert.Equal("persisted", r.GetProperty("status").GetString()));
            await killed.KillAsync();
        }

        kinesis.Kinesis.Faults.Remove(outage);
        await using var next = await StartAsync(kinesis);
        // A silo that has not looked into its folder yet knows of no backlog.
        await Waiting.UntilAsync(() => ConsumerView.Of(kinesis.Kinesis, Stream).Count(s => s.Visible) >= 200);
        await EmptyAsync(next);

        var seen = ConsumerView.Of(kinesis.Kinesis, Stream).Where(s => s.Visible).Select(s => s.Key).ToList();
        Assert.Equal(200, seen.Distinct().Count());
        // It had been sending when it was killed, to nobody.
        Assert.Equal(200, seen.Count);
        // The books are written after the backlog.
        await Waiting.UntilAsync(async () =>
            (await LedgerAsync(next)).StartsWith(
                """{"stream":"events","accepted":200,"delivered":200,"failed":0,"unknown":0,"in_flight":0,"in_backlog":0,"dead_lettered":0,"covered":[{""", StringComparison.Ordinal));
    }

    [PosixFact]
    public async Task AFolder_ThatAnotherSiloHas_IsRefusedAtTheStart()
    {
        await using var kinesis = await StartKinesisAsync();
        await using var one = await StartAsync(kinesis);
        await using var other = SiloProcess.Start(Settings(kinesis, "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0"));
        var log = await other.RefusedAsync();
        Assert.Contains(log, l => l.Contains($"{_folder.Path} is in use by another process", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<LocalKinesisServer> StartKinesisAsync()
    {
        var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await kinesis.Kinesis.CreateStreamAsync(Stream, 2);
        return kinesis;
    }

    private Task<SiloProcess> StartAsync(LocalKinesisServer kinesis) => SiloProcess.StartReadyAsync(Settings(kinesis));

    private string[] Settings(LocalKinesisServer kinesis, params string[] more) =>
        [$"--Kpl:Kinesis:EndpointUrl={kinesis.Url}", $"--Kpl:Backlog:Directory={_folder.Path}", "--Kpl:BackoffMax=200ms", "--Kpl:RequestTimeout=1m", .. more];

    private static string Records(int count) =>
        $"[{string.Join(',', Enumerable.Range(0, count).Select(n => $$"""{"partition_key":"key-{{n}}","payload":{{n}}}"""))}]";

    private static async Task<string> LedgerAsync(SiloProcess silo) => (await silo.GetAsync($"/admin/streams/{Stream}/ledger")).Text;

    private static Task EmptyAsync(SiloProcess silo) => UntilAsync(silo, static b => b.GetProperty("records").GetInt64() == 0);

    private static Task UntilAsync(SiloProcess silo, Func<JsonElement, bool> isSo, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        Waiting.UntilAsync(async () => isSo(JsonDocument.Parse((await silo.GetAsync($"/admin/streams/{Stream}/backlog")).Text).RootElement), what);
}
