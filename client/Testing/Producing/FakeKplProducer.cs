namespace Orleans.Kpl.Testing;

/// <summary>
/// A producer for tests of programs that put records: it keeps them instead of sending them, and answers as the test says. Nothing waits for
/// time, and no thread is started: a put has ended when it returns, unless the test holds it.
/// </summary>
/// <remarks>
/// It checks streams, records and options as a real producer does, with the same exceptions and error codes. Safe on any thread.
/// <see cref="RecordFailed"/> is raised before the failed put completes, on the thread that ends the record, and what a handler throws is
/// thrown there, so that a test sees it. A real producer raises it on a thread of its own, and logs what a handler throws.
/// A host that has a fake among its services starts no real producer (<c>AddKpl</c>).
/// </remarks>
public sealed partial class FakeKplProducer : IKplProducer, IStandInProducer
{
    private readonly Lock _lock = new();
    private readonly KplOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, FakeStream> _streams = new(StringComparer.Ordinal);
    private readonly List<FakeRecord> _records = [];
    private readonly LinkedList<FakeRecord> _open = [];
    private readonly HashSet<FakeRecord> _ending = [];
    private readonly List<string?> _flushes = [];
    private readonly Queue<FakeAnswer> _nextAnswers = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _sequenceNumber;
    private bool _isFull;
    private bool _isHolding;
    private bool _isDisposed;

    /// <summary>Creates a producer.</summary>
    /// <param name="options">
    /// The settings of the program; null for the defaults. These count: <c>AckLevel</c>, <c>HighWaterMode</c>, whether there is a backlog, whose folder is
    /// not touched, and what decides how large a record may be: <c>MaxUserRecordSize</c>, <c>Ordered</c>, <c>ProducerNumbers</c>,
    /// <c>AggregationEnabled</c> and <c>ContainerKey</c>.
    /// </param>
    /// <param name="timeProvider">The clock of attempts and ages; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public FakeKplProducer(KplOptions? options = null, TimeProvider? timeProvider = null)
    {
        options ??= new KplOptions();
        var report = KplOptionsValidator.Validate(options);
        if (!report.IsValid)
            throw new KplOptionsException(report.Errors);
        (_options, _time) = (options.Snapshot(), timeProvider ?? TimeProvider.System);
    }

    /// <summary>Returns the answer to each record; called when the record is put. Default: <see cref="FakeAnswer.Delivered"/>.</summary>
    public Func<FakeRecord, FakeAnswer> Answer
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = static _ => FakeAnswer.Delivered;

    /// <summary>
    /// The record limit of every stream in bytes, key and data (AWS: MaxRecordSizeInKiB). Set it before the first put. Default 1,048,576;
    /// 1,048,576 to 10,485,760.
    /// </summary>
    public int MaxRecordSize
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1 << 20);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10 << 20);
            field = value;
        }
    } = 1 << 20;

    /// <summary>
    /// Whether the memory is full. While it is, <see cref="HighWaterMode"/> decides: puts wait, fail with <c>Dropped</c>, or spill. Default false; setting
    /// it to false lets the waiting puts continue.
    /// </summary>
    public bool IsFull
    {
        get => Locked(() => _isFull);

        set
        {
            lock (_lock)
            {
                _isFull = value;
                Signal();
            }
        }
    }

    /// <summary>Whether the producer was disposed.</summary>
    public bool IsDisposed => Locked(() => _isDisposed);

    /// <summary>Every record that was accepted, in order.</summary>
    public IReadOnlyList<FakeRecord> Records => Locked<IReadOnlyList<FakeRecord>>(() => [.. _records]);

    /// <summary>The streams that were flushed, one for each call, in order; null for a flush of all.</summary>
    public IReadOnlyList<string?> Flushes => Locked<IReadOnlyList<string?>>(() => [.. _flushes]);

    /// <summary>The records that one stream accepted, in order.</summary>
    /// <param name="stream">The stream, as the caller named it.</param>
    public IReadOnlyList<FakeRecord> RecordsOf(string stream) => [.. Records.Where(r => r.Stream == stream)];

    /// <summary>Sets the answer of the next records, before <see cref="Answer"/> is asked. Further calls add to it. A record that spills takes none.</summary>
    /// <param name="records">For how many records; at least 1.</param>
    public void AnswerNext(FakeAnswer answer, int records = 1)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        lock (_lock)
        {
            for (var i = 0; i < records; i++)
                _nextAnswers.Enqueue(answer);
        }
    }

    /// <summary>Holds the records that are accepted from now on: they do not end until <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (_lock)
            _isHolding = true;
    }

    /// <summary>Ends held records, oldest first, as their answers say.</summary>
    /// <param name="records">How many at most; null for all, and then no more records are held.</param>
    /// <returns>How many ended.</returns>
    public int Release(int? records = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(records ?? 0);
        List<FakeRecord> released;
        lock (_lock)
        {
            _isHolding &= records is not null;
            released = [.. _open.Where(static r => r.IsHeld).Take(records ?? int.MaxValue)];
        }

        return EndAll(released);
    }

    /// <summary>Waits for the program under test: completes as soon as at least <paramref name="count"/> records were accepted.</summary>
    /// <param name="stream">The stream whose records count; null for all.</param>
    /// <returns>All records that were accepted by then.</returns>
    public async Task<IReadOnlyList<FakeRecord>> WaitForRecordsAsync(int count, string? stream = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            var records = stream is null ? Records : RecordsOf(stream);
            if (records.Count >= count)
                return records;
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
