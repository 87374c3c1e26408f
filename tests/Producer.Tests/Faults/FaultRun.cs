using System.Globalization;
using LocalEndpoint = Orleans.Kpl.Producer.Tests.Sockets.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>
/// A producer of many small calls against an endpoint with faults, and the comparison of what it told with what the endpoint applied.
/// </summary>
internal sealed class FaultRun : IAsyncDisposable
{
    public const string Stream = LocalEndpoint.Stream;

    /// <summary>Longer than any fault lasts.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly LocalEndpoint _endpoint;
    private readonly Dictionary<string, RecordResult> _told = [];
    private int _failures;

    private FaultRun(LocalEndpoint endpoint, Action<KplOptions>? configure)
    {
        _endpoint = endpoint;
        Producer = endpoint.Producer(o =>
        {
            // Aggregates of ten and calls of eight, whatever the timing.
            (o.AggregationMaxCount, o.CollectionMaxCount, o.RecordMaxBufferedTime) = (10, 8, TimeSpan.FromMilliseconds(10));
            (o.RequestTimeout, o.RecordTtl, o.BackoffMax) = (TimeSpan.FromSeconds(20), Patience, TimeSpan.FromMilliseconds(200));
            configure?.Invoke(o);
        });
        Producer.RecordFailed += _ => Interlocked.Increment(ref _failures);
    }

    public KplProducer Producer { get; }

    public KinesisEndpoint Kinesis => _endpoint.Server.Kinesis;

    /// <summary>What the producer told of each record, by its partition key.</summary>
    public IReadOnlyDictionary<string, RecordResult> Told => _told;

    public static async Task<FaultRun> StartAsync(
        int shards = 4, Action<KplOptions>? configure = null, Action<LocalKinesisOptions>? endpoint = null) =>
        new(await LocalEndpoint.StartAsync(shards, endpoint), configure);

    public static Task<FaultRun> StartAsync(FaultCase fault, Action<KplOptions> configure) => StartAsync(configure: o =>
    {
        configure(o);
        if (fault.Timeout)
            o.RequestTimeout = TimeSpan.FromSeconds(1);
    });

    /// <summary>Puts records while the endpoint has the fault.</summary>
    public async Task MeetAsync(Fault fault, int records)
    {
        Kinesis.Faults.Add(fault);
        await PutAsync(records);
        if (fault is ApplyLateFault)
            await LateCallsAppliedAsync();

        // An outage is over by now, and forgotten with it.
        if (Kinesis.Faults.Active is [var active])
            Assert.True(active.Hits > 0, "the fault met no call");
    }

    /// <summary>What went wrong is over: the next records are delivered at once, those of the sick shard too.</summary>
    public Task GoOnAsync()
    {
        Kinesis.Faults.Clear();
        return PutAsync(50);
    }

    /// <summary>Puts records with numbers not used before and waits until each has ended.</summary>
    public async Task PutAsync(int count)
    {
        var first = _told.Count;
        var records = Enumerable.Range(first, count).Select(LocalEndpoint.Record).ToArray();
        var results = await Producer.PutAsync(Stream, records).AsTask().WaitAsync(Patience);
        Assert.Equal(count, results.Length);
        for (var i = 0; i < count; i++)
            Assert.True(_told.TryAdd(records[i].PartitionKey, results[i]));
    }

    /// <summary>Sets the stream's limit for a record.</summary>
    public Task LimitRecordsAsync(int kibibytes) =>
        _endpoint.CallAsync("UpdateMaxRecordSize", $$"""{"StreamARN":"{{Kinesis.Get(Stream).Arn}}","MaxRecordSizeInKiB":{{kibibytes}}}""");

    /// <summary>Waits until each call that the fault made late has been applied after all.</summary>
    public Task LateCallsAppliedAsync() => Waiting.UntilAsync(
        () => CountLateCalls() >= Assert.Single(Kinesis.Faults.Active, static f => f.Fault is ApplyLateFault).Hits);

    /// <summary>
    /// One outcome each; the books add up; each record told delivered is where it was told and visible through KCL's filter; every
    /// further visible copy is ambiguous by the account, or of a call that was given up. Returns how many ambiguous ones there are.
    /// </summary>
    /// <param name="placesAreTrue">False where the endpoint lies about sequence numbers.</param>
    public async Task<int> CheckAsync(bool placesAreTrue = true)
    {
        var delivered = _told.Values.Count(r => r.Status == RecordStatus.Delivered);
        var unknown = _told.Values.Where(r => r.Status == RecordStatus.Unknown).ToList();
        Assert.All(unknown, r => Assert.Equal(RecordErrorCodes.RecordCountMismatch, r.ErrorCode));
        var failed = _told.Values.Count(r => r.Status == RecordStatus.Failed);
        Assert.DoesNotContain(_told.Values, r => r is { Status: RecordStatus.Failed, ErrorCode: RecordErrorCodes.RecordCountMismatch });
        Assert.Equal(_told.Count, delivered + failed + unknown.Count);
        Assert.Equal(new StreamLedger(_told.Count, delivered, failed, unknown.Count, 0, 0, 0), Producer.GetLedger(Stream));
        Assert.Equal((0, 0), (Producer.OutstandingRecords, Producer.OutstandingBytes));
        await Waiting.UntilAsync(() => Volatile.Read(ref _failures) >= failed + unknown.Count);
        Assert.Equal(failed + unknown.Count, Volatile.Read(ref _failures));

        var seen = ConsumerView.Of(Kinesis, Stream).ToLookup(r => r.Key);
        Assert.All(seen, copies => Assert.Contains(copies.Key, _told));
        var wrong = new List<string>();
        var duplicates = 0;
        foreach (var (key, result) in _told)
        {
            var copies = seen[key].Where(c => c.Visible).ToList();
            var data = "data-" + key["key-".Length..];
            var told = !result.IsSuccess ? null
                : placesAreTrue ? copies.Find(c => c.Place == PlaceOf(result))
                : copies.Find(c => !c.IsAmbiguous) ?? copies.FirstOrDefault();
            if (result.IsSuccess && told?.Data != data)
                wrong.Add($"{key} is not visible where it was told: {result}; {string.Join(", ", seen[key])}");
            copies.Remove(told!);

            // A call that a busy machine held up beyond the time-out was given up by its client and applied all the same, without any fault.
            foreach (var heldUp in copies.Where(c => !c.IsAmbiguous).Take(TimeOuts(result)).ToList())
                copies.Remove(heldUp);
            duplicates += result.IsSuccess ? copies.Count : 0;
            if (copies.Find(c => !c.IsAmbiguous) is { } extra)
                wrong.Add($"{key} has a copy that nothing excuses: {extra}; {result}; {string.Join(", ", result.Attempts)}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {_told.Count}:\n{string.Join('\n', wrong.Take(10))}");
        return duplicates;
    }

    /// <summary>
    /// The hash keys are cut where any shard ever started: each part belongs to one shard at a time, children after parents. Within a part
    /// the records that were delivered first appear in the order in which they were put.
    /// </summary>
    public void CheckOrder() =>
        Assert.Equal(_told.Values.Count(r => r.IsSuccess), CheckOrder(Kinesis, r => r.Visible && _told[r.Key].IsSuccess));

    /// <summary>Checks the order of the records that count, and returns how many they are.</summary>
    public static int CheckOrder(KinesisEndpoint kinesis, Func<SeenRecord, bool> counts)
    {
        var starts = kinesis.Get(Stream).Shards.Select(s => s.StartingHashKey).Distinct().Order().ToArray();
        var seen = new HashSet<string>();
        var first = ConsumerView.Of(kinesis, Stream).Where(counts)
            .OrderBy(r => r.ShardId, StringComparer.Ordinal).ThenBy(r => r.SequenceNumber, StringComparer.Ordinal).ThenBy(r => r.SubSequenceNumber)
            .Where(r => seen.Add(r.Key)).ToList();
        foreach (var part in first.GroupBy(r => starts.Last(s => s <= StoredMember.HashOf(r.Key))))
            Assert.Equal(part.Select(r => NumberOf(r.Key)).Order(), part.Select(r => NumberOf(r.Key)));
        return first.Count;
    }

    /// <summary>Which put it was, by its partition key.</summary>
    public static int NumberOf(string key) => int.Parse(key["key-".Length..], CultureInfo.InvariantCulture);

    /// <summary>
    /// How many of the calls that timed out were applied late with all of their records. Others may have timed out on a busy machine without the
    /// fault, and those may never be applied.
    /// </summary>
    private int CountLateCalls()
    {
        var late = ConsumerView.Of(Kinesis, Stream).Where(static r => r.Marks.HasFlag(RecordMarks.AppliedLate)).CountBy(static r => r.Key).ToDictionary();
        var calls = 0;
        var timedOut = _told.SelectMany(static t => TimedOut(t.Value).Select(a => (t.Key, a.StartedAt)));
        foreach (var call in timedOut.GroupBy(static t => t.StartedAt, static t => t.Key))
        {
            if (!call.All(key => late.GetValueOrDefault(key) > 0))
                continue;
            calls++;
            foreach (var key in call)
                late[key]--;
        }

        return calls;
    }

    private static (string?, string?, int) PlaceOf(RecordResult result) => (result.ShardId, result.SequenceNumber, result.SubSequenceNumber);

    private static int TimeOuts(RecordResult result) => TimedOut(result).Count();

    private static IEnumerable<Attempt> TimedOut(RecordResult result) => result.Attempts.Where(static a => a.ErrorCode == RecordErrorCodes.RequestTimeout);

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await _endpoint.DisposeAsync();
    }
}
