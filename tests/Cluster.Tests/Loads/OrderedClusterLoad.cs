using System.Globalization;
using System.Text;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>One caller that pipelines numbered records of a few keys through the client library, whatever becomes of the ones before.</summary>
internal sealed class OrderedClusterLoad
{
    private const int Keys = 48;
    private const int MaxOpen = 600;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private readonly IKplProducer _producer;
    private readonly string _stream;
    private readonly string _prefix;
    private readonly Lock _lock = new();
    private readonly List<ToldRecord> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _open = new(MaxOpen);
    private readonly Task _running;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="prefix">What its keys begin with; of several loads each has its own.</param>
    public OrderedClusterLoad(IKplProducer producer, string stream, string prefix = "key-")
    {
        (_producer, _stream, _prefix) = (producer, stream, prefix);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Completes when each of the shards has taken a record that was put after that instant; for each of them how long that took.</summary>
    public async Task<IReadOnlyList<TimeSpan>> ServedAsync(IReadOnlyCollection<string> shards, long since)
    {
        Dictionary<string, long> served = [];
        await UntilAsync(() =>
        {
            served = _told.Where(t => t.IsDelivered && t.PutAt > since).GroupBy(t => t.ShardId!).ToDictionary(g => g.Key, g => g.Min(t => t.ToldAt));
            return shards.All(served.ContainsKey);
        });
        return [.. shards.Select(s => Stopwatch.GetElapsedTime(since, served[s]))];
    }

    /// <summary>Completes when so many more records were delivered.</summary>
    public Task DeliveredAsync(int more)
    {
        int? enough = null;
        return UntilAsync(() => _told.Count(t => t.IsDelivered) is var delivered && delivered >= (enough ??= delivered + more));
    }

    /// <summary>Puts no more, and completes when every end was told: by the records' numbers.</summary>
    public async Task<IReadOnlyList<ToldRecord>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Waiting.Long);
        return [.. _told.OrderBy(t => t.Number)];
    }

    /// <summary>
    /// Within each key what was told delivered is there, and appears for the first time in the order in which it was put. Returns how many of
    /// the others appeared behind newer ones: those that a lost silo had on the wire.
    /// </summary>
    public static int AssertInOrder(IReadOnlyList<SeenRecord> visible, IReadOnlyList<ToldRecord> told, string prefix = "key-")
    {
        Assert.Equal(Enumerable.Range(0, told.Count), told.Select(t => t.Number));
        var byKey = visible.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(s => s.ShardId, StringComparer.Ordinal).ThenBy(s => s.SequenceNumber.Length).ThenBy(s => s.SequenceNumber, StringComparer.Ordinal)
            .ThenBy(s => s.SubSequenceNumber).ToLookup(s => s.Key, s => int.Parse(s.Data, CultureInfo.InvariantCulture));
        var late = 0;
        for (var key = 0; key < Keys; key++)
        {
            var first = byKey[KeyOf(prefix, key)].Distinct().ToList();
            var delivered = first.Where(n => told[n].IsDelivered).ToList();
            Assert.Equal(told.Where(t => t.IsDelivered && t.Number % Keys == key).Select(t => t.Number), delivered);
            var highest = -1;
            foreach (var number in first)
            {
                late += number < highest ? 1 : 0;
                highest = Math.Max(highest, number);
            }
        }

        return late;
    }

    /// <summary>Looks under the lock whenever more was told.</summary>
    private async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Waiting.Long);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (isSo())
                    return;
                more = _more.Task;
            }

            await (await Task.WhenAny(more, _running).WaitAsync(limit.Token));
            Assert.False(_running.IsCompleted, "the load ended");
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Period);
        for (var next = 0; !_stop.IsCancellationRequested; next += Keys)
        {
            UserRecord[] records = [
                .. Enumerable.Range(next, Keys)
                .Select(n => new UserRecord(KeyOf(_prefix, n % Keys), Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture))))];
            await _open.WaitAsync();
            var putAt = Stopwatch.GetTimestamp();
            _ = KeepAsync(await _producer.EnqueueAsync(_stream, records), next, putAt);
            await timer.WaitForNextTickAsync();
        }

        for (var left = 0; left < MaxOpen; left++)
            await _open.WaitAsync();
    }

    private async Task KeepAsync(EnqueuedBatch batch, int first, long putAt)
    {
        var results = await batch.Delivery;
        var toldAt = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            _told.AddRange(results.Select((r, i) => new ToldRecord(first + i, r.Status, r.ShardId, r.SequenceNumber, r.ErrorCode, putAt, toldAt)));
            _more.TrySetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _open.Release();
    }

    private static string KeyOf(string prefix, int key) => $"{prefix}{key}";
}
