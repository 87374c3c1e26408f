using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

/// <summary>
/// A Kinesis endpoint in this process, and a tier with a folder for its backlog as a process of its own, which may be killed and started again.
/// </summary>
internal sealed class BacklogTier : IAsyncDisposable
{
    public const string Stream = "events";

    private readonly string[] _arguments;
    private readonly ConcurrentDictionary<string, bool> _acknowledged = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);
    private readonly LocalKinesisServer _server;
    private TaskCompletionSource _answered = new();
    private int _keys;

    private BacklogTier(LocalKinesisServer server, string[] settings)
    {
        _server = server;
        _arguments = ["--http-port", "0", "--kinesis-endpoint", server.Url.AbsoluteUri, "--data", Folder, "--Kpl:RequestTimeout=1m", .. settings];
    }

    /// <summary>The folder of the backlog.</summary>
    public string Folder { get; } = MakeFolder();

    public KinesisEndpoint Kinesis => _server.Kinesis;

    /// <summary>The process that runs now.</summary>
    public LocalProcess Tier { get; private set; } = null!;

    /// <summary>Keys of the records that a client was told are persisted or delivered.</summary>
    public ICollection<string> Acknowledged => _acknowledged.Keys;

    /// <summary>Keys of the records that a client was told have failed.</summary>
    public ICollection<string> Failed => _failed.Keys;

    public static async Task<BacklogTier> StartAsync(params string[] settings)
    {
        var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await server.Kinesis.CreateStreamAsync(Stream, 4);
        var tier = new BacklogTier(server, settings);
        await tier.StartTierAsync();
        return tier;
    }

    public async Task StartTierAsync()
    {
        _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // The first generation is as large as the processor's cache otherwise, and memory grows by that.
        Tier = LocalProcess.Start(_arguments, null, ("DOTNET_GCgen0size", "2000000"));
        await Tier.ReadyAsync();
    }

    /// <summary>kill -9, and no more of it: what the operating system has of its files stays.</summary>
    public async Task KillAsync()
    {
        Tier.Signal(Signals.Kill);
        await Tier.ExitAsync();
        await Tier.DisposeAsync();
    }

    /// <summary>Stops it as one should.</summary>
    public async Task<(int Code, string Drained)> StopAsync()
    {
        Tier.Signal(Signals.Terminate);
        var (code, output, _) = await Tier.ExitAsync();
        await Tier.DisposeAsync();
        return (code, output[^1]);
    }

    /// <summary>Puts records of keys not used before. Those that the answer tells of are noted.</summary>
    /// <returns>The results' statuses; none where no answer came.</returns>
    public async Task<IReadOnlyList<string>> PutAsync(int count, string ack = "persisted", int payload = 20)
    {
        var first = Interlocked.Add(ref _keys, count) - count;
        var keys = Enumerable.Range(first, count).Select(n => $"key-{n}").ToArray();
        var body = new StringBuilder();
        foreach (var key in keys)
            body.Append("{\"partition_key\":\"").Append(key).Append("\",\"payload\":\"").Append(key).Append(' ').Append('x', payload).Append("\"}\n");
        string text;
        try
        {
            (var status, text) = await Tier.PostAsync($"/streams/{Stream}/records?ack={ack}", body.ToString(), "application/x-ndjson");
            if (status != 200)
                return [];
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or ObjectDisposedException)
        {
            return []; // the process is gone, and nothing was answered
        }

        var statuses = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("status").GetString()!).ToList();
        for (var i = 0; i < statuses.Count; i++)
            (statuses[i] is "persisted" or "delivered" ? _acknowledged : _failed).TryAdd(keys[i], true);
        _answered.TrySetResult();
        return statuses;
    }

    /// <summary>Puts until it is told to stop, or the process is gone.</summary>
    public async Task LoadAsync(int batch, CancellationToken stop, string ack = "persisted")
    {
        while (!stop.IsCancellationRequested && (await PutAsync(batch, ack)).Count > 0)
        {
        }
    }

    /// <summary>Completes when the process has answered a put.</summary>
    public Task AnswerAsync() => _answered.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Something of <c>/admin/streams/events</c>.</summary>
    public Task<JsonElement> LookAsync(string path) => Tier.GetAsync($"/admin/streams/{Stream}/{path}");

    /// <summary>Asks for the backlog until it is as expected.</summary>
    public async Task<JsonElement> BacklogAsync(Func<JsonElement, bool> isExpected, [CallerArgumentExpression(nameof(isExpected))] string what = "")
    {
        JsonElement backlog = default;
        await Waiting.UntilAsync(async () => isExpected(backlog = await LookAsync("backlog")), what);
        return backlog;
    }

    /// <summary>Waits until the books say so, which are written after the backlog.</summary>
    public Task BooksAsync(long accepted, long delivered, long failed = 0, long inBacklog = 0, long deadLettered = 0)
    {
        var expected = $"accepted {accepted}, delivered {delivered}, failed {failed}, in the backlog {inBacklog}, set aside {deadLettered}";
        return Waiting.UntilAsync(async () =>
        {
            var ledger = await LookAsync("ledger");
            return expected == $"accepted {Of("accepted")}, delivered {Of("delivered")}, failed {Of("failed")}, "
                + $"in the backlog {Of("in_backlog")}, set aside {Of("dead_lettered")}";

            long Of(string name) => ledger.GetProperty(name).GetInt64();
        }, expected);
    }

    /// <summary>Waits until nothing is left in the backlog.</summary>
    public Task EmptyAsync() => BacklogAsync(static b => b.GetProperty("records").GetInt64() == 0 && b.GetProperty("segments").GetInt64() == 0);

    /// <summary>
    /// The same after a start: a process that has not looked into its folder yet knows of no backlog, so what is to come must be there first.
    /// </summary>
    public async Task ReplayedAsync(params IReadOnlyCollection<string> keys)
    {
        await Waiting.UntilAsync(async () =>
        {
            var backlog = await LookAsync("backlog");
            return backlog.GetProperty("records").GetInt64() == 0 && backlog.GetProperty("segments").GetInt64() == 0 && keys.All(Seen().Contains);
        });
    }

    /// <summary>What consumers see, by key.</summary>
    public ILookup<string, SeenRecord> Seen() => ConsumerView.Of(Kinesis, Stream).Where(static r => r.Visible).ToLookup(static r => r.Key);

    /// <summary>Each acknowledged record is there, and is what was put; the answer is what was seen.</summary>
    public ILookup<string, SeenRecord> CheckNothingIsLost()
    {
        var seen = Seen();
        var missing = Acknowledged.Where(k => !seen.Contains(k)).ToList();
        Assert.True(missing.Count == 0, $"{missing.Count} of {Acknowledged.Count} acknowledged records are missing: {string.Join(", ", missing.Take(10))}");
        Assert.All(seen.SelectMany(static copies => copies), static r => Assert.StartsWith($"\"{r.Key} x", r.Data, StringComparison.Ordinal));
        return seen;
    }

    /// <summary>
    /// In memory, where the machine has much of it: what a process wrote there outlives its kill as on a disk. A disk that somebody else keeps
    /// busy may take longer than the two seconds after which the store counts as down, and records then go their way without it.
    /// </summary>
    private static string MakeFolder()
    {
        const string Memory = "/dev/shm";
        const long Much = 1L << 30;
        return Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > Much
            ? Directory.CreateDirectory(Path.Combine(Memory, $"kpl-backlog-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("kpl-backlog-").FullName;
    }

    public async ValueTask DisposeAsync()
    {
        await Tier.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
