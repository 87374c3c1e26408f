using System.Collections.Concurrent;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>
/// Puts batch after batch through one front, several at a time, until it is stopped or the front is gone, and keeps what was told of each record.
/// </summary>
internal abstract class ClusterLoad
{
    private static int s_next;

    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<ToldRecord> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly int _batch;
    private readonly TimeSpan _pace;
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _reached = new();
    private int _awaited = int.MaxValue;
    private int _delivered;
    private int _taken;
    private Exception? _broken;

    /// <param name="batch">Records of a put.</param>
    /// <param name="pace">How long it waits before each put.</param>
    protected ClusterLoad(int batch, TimeSpan pace = default) => (_batch, _pace) = (batch, pace);

    /// <summary>Records that were put, those with an open end among them.</summary>
    public int Put => Volatile.Read(ref _taken);

    /// <summary>What was told so far.</summary>
    public IReadOnlyList<ToldRecord> Told => [.. _told];

    /// <summary>Completes when so many more records were delivered, or persisted where no more was asked for; fails when the load ends before.</summary>
    public async Task DeliveredAsync(int more)
    {
        Task reached;
        lock (_lock)
        {
            _awaited = _delivered + more;
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            reached = _reached.Task;
        }

        var first = await Task.WhenAny(reached, _running).WaitAsync(Waiting.Long);
        Assert.True(first == reached, $"the load ended; the last it was told: {string.Join(", ", Told.TakeLast(3))}; {_broken}");
    }

    /// <summary>Throws what ended the load, where that was no lost silo.</summary>
    public void ThrowIfFaulted()
    {
        if (_running is { IsFaulted: true, Exception: { } error })
            throw error;
    }

    /// <summary>Puts no more, and completes when every end was told.</summary>
    public async Task<IReadOnlyList<ToldRecord>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Waiting.Long);
        return Told;
    }

    /// <summary>Puts a batch. Null results: the front refused them; an exception: nobody told.</summary>
    protected abstract Task<IReadOnlyList<ToldRecord>?> PutAsync(int[] numbers, long putAt);

    /// <summary>One end, now, for all records of a put.</summary>
    protected static IReadOnlyList<ToldRecord> AllEnd(int[] numbers, long putAt, RecordStatus status, string code)
    {
        var now = Stopwatch.GetTimestamp();
        return [.. numbers.Select(n => new ToldRecord(n, status, null, null, code, putAt, now))];
    }

    protected void Start(int atOnce) => _running = Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(RunAsync)));

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_pace > TimeSpan.Zero)
                await Task.Delay(_pace, CancellationToken.None);
            var first = Interlocked.Add(ref s_next, _batch) - _batch;
            int[] numbers = [.. Enumerable.Range(first, _batch)];
            Interlocked.Add(ref _taken, _batch);
            var putAt = Stopwatch.GetTimestamp();
            IReadOnlyList<ToldRecord>? told;
            try
            {
                told = await PutAsync(numbers, putAt) ?? AllEnd(numbers, putAt, RecordStatus.Failed, ToldRecord.Refused);
            }
            catch (Exception error) when (error is HttpRequestException or IOException || SiloLoss.MayExplain(error))
            {
                _broken = error;
                told = AllEnd(numbers, putAt, RecordStatus.Unknown, ToldRecord.NoAnswer);
            }

            Keep(told);
            if (told[0].Code is ToldRecord.NoAnswer or ToldRecord.Refused)
                return;
        }
    }

    private void Keep(IReadOnlyList<ToldRecord> told)
    {
        lock (_lock)
        {
            foreach (var record in told)
                _told.Enqueue(record);
            _delivered += told.Count(static t => t.IsAcknowledged);
            if (_delivered >= _awaited)
                _reached.TrySetResult();
        }
    }
}

/// <summary>What its caller was told of one record.</summary>
/// <param name="Number">Names the record: key and data follow from it.</param>
/// <param name="Status">Its end; <see cref="RecordStatus.Unknown"/> where no answer came either.</param>
/// <param name="ShardId">Where it is, when delivered.</param>
/// <param name="PutAt">When it was put, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="ToldAt">When its end was told.</param>
internal sealed record ToldRecord(int Number, RecordStatus Status, string? ShardId, string? SequenceNumber, string? Code, long PutAt, long ToldAt)
{
    /// <summary>The caller's connection broke: the front is gone.</summary>
    public const string NoAnswer = "NoAnswer";

    /// <summary>503: the front takes nothing any more.</summary>
    public const string Refused = "Refused";

    /// <summary>429: there was no memory for it, and nothing of its request was taken.</summary>
    public const string Full = "Full";

    public bool IsDelivered => Status == RecordStatus.Delivered;

    /// <summary>Whether the tier has answered for it: it is in Kinesis, or will be.</summary>
    public bool IsAcknowledged => Status is RecordStatus.Delivered or RecordStatus.Persisted;

    /// <summary>Whether it was never accepted.</summary>
    public bool WasNotTaken => Code is Refused or Full;

    public static string KeyOf(int number) => $"key-{number}";

    public static string DataOf(int number) => $"data-{number}";
}
