using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Backlog.Minutes;

/// <summary>
/// A trickle through one process of a stream that spills: records that are to be persisted, and more records that are to be delivered than its memory
/// may hold.
/// </summary>
internal sealed class FrontLoad
{
    public const string Stream = "events";

    /// <summary>The processes' settings: memory is full with a few records, and none of them waits for long.</summary>
    public static readonly string[] Settings =
    [
        "--Kpl:HighWaterMode=Spill", "--Kpl:MaxOutstandingRecords=40", "--Kpl:RecordTtl=10s", "--Kpl:BackoffMax=1s", "--Kpl:DrainTimeout=10s",
    ];

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Longer than any process takes to see that what was away is back.</summary>
    private static readonly TimeSpan HealLimit = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;
    private readonly ClusterLoad _persisted;
    private readonly ClusterLoad _delivered;

    public FrontLoad(HttpClient http)
    {
        _http = http;
        _persisted = HttpLoad.Start(http, Stream, atOnce: 2, batch: 10, ack: "persisted", Pace);
        _delivered = HttpLoad.Start(http, Stream, atOnce: 4, batch: 20, ack: "delivered", Pace);
    }

    public FrontLoad(SiloProcess silo)
        : this(silo.Http)
    {
    }

    /// <summary>Completes when records of both kinds were acknowledged from now on.</summary>
    public Task AcknowledgedAsync() => Task.WhenAll(_persisted.DeliveredAsync(40), _delivered.DeliveredAsync(80));

    /// <summary>Completes when memory is full and records go to the backlog.</summary>
    public Task SpillsAsync() => BacklogAsync(static b => b.GetProperty("is_spilling").GetBoolean());

    /// <summary>Nobody does anything, and all is as before: persisted, delivered, and nothing spills.</summary>
    public async Task HealsAsync()
    {
        await UntilAsync(() => Task.FromResult(_persisted.Told.TakeLast(20).All(static t => t.Status == RecordStatus.Persisted)), "persisted");
        await UntilAsync(() => Task.FromResult(_delivered.Told.TakeLast(80).All(static t => t.Status == RecordStatus.Delivered)), "delivered");
        await BacklogAsync(static b => !b.GetProperty("is_spilling").GetBoolean());
    }

    /// <summary>Puts no more; what was told of each record.</summary>
    public async Task<List<ToldRecord>> StopAsync() => [.. await _persisted.StopAsync(), .. await _delivered.StopAsync()];

    private Task BacklogAsync(Func<JsonElement, bool> isExpected) => UntilAsync(async () =>
    {
        try
        {
            var text = await _http.GetStringAsync($"/admin/streams/{Stream}/backlog", TestContext.Current.CancellationToken);
            return isExpected(JsonDocument.Parse(text).RootElement);
        }
        catch (HttpRequestException e) when (e.StatusCode is not null)
        {
            // The manager is on its way to another silo.
            return false;
        }
    }, "backlog");

    private async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        using var limit = new CancellationTokenSource(HealLimit);
        while (!await isSo())
        {
            _persisted.ThrowIfFaulted();
            _delivered.ThrowIfFaulted();
            if (limit.IsCancellationRequested)
                Assert.Fail($"never as expected: {what}; told last: {string.Join(", ", _persisted.Told.TakeLast(2).Concat(_delivered.Told.TakeLast(2)))}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }
}
