using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>A producer that remembers what it was given and ends each record as the test says.</summary>
internal sealed class FakeHttpProducer : IKplProducer
{
    private readonly ConcurrentQueue<PutRecord> _records = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private int _sequence;
    private volatile bool _disposed;

    public static readonly Attempt OneAttempt = new()
    {
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
        EndedAt = new DateTimeOffset(2026, 1, 2, 5, 4, 5, 700, TimeSpan.FromHours(2)),
    };

    public event Action<RecordFailure>? RecordFailed
    {
        add
        {
            if (!IsOfAProcess)
                throw new InvalidOperationException("the producer logs failures itself");
        }
        remove => throw new InvalidOperationException("the producer logs failures itself");
    }

    /// <summary>Whether it is that of a tier's process, which looks at failures while it drains. Routes alone have no reason to.</summary>
    public bool IsOfAProcess { get; init; }

    /// <summary>How an accepted record ends; delivered by default.</summary>
    public Func<UserRecord, RecordResult>? Judge { get; set; }

    /// <summary>How the records of the last put find their shards.</summary>
    public RoutingMode? Routing { get; private set; }

    /// <summary>Whether records can be persisted.</summary>
    public bool HasBacklog { get; set; } = true;

    /// <summary>Held back by a test, nothing is accepted: there is no room.</summary>
    public Task Room { get; set; } = Task.CompletedTask;

    /// <summary>Held back by a test, nothing is delivered.</summary>
    public Task Released { get; set; } = Task.CompletedTask;

    /// <summary>How long the latest put was ready to wait for room.</summary>
    public TimeSpan? AcceptTimeout { get; private set; }

    /// <summary>Who the latest put was for.</summary>
    public string? Identity { get; private set; }

    /// <summary>Whether there is no room, however long a put waits.</summary>
    public bool IsFull { get; set; }

    public IReadOnlyCollection<PutRecord> Records => _records;

    public FakeBatch? LastBatch { get; private set; }

    public int Calls { get; private set; }

    public long OutstandingRecords { get; set; }

    public long OutstandingBytes => 0;

    public TimeSpan OldestRecordAge { get; set; }

    /// <summary>How well Kinesis works; null for what every producer tells.</summary>
    public KplHealth? OwnHealth { get; set; }

    /// <summary>How often health was asked for.</summary>
    public int HealthLooks { get; private set; }

    public KplHealth Health
    {
        get
        {
            HealthLooks++;
            return OwnHealth ?? new() { OldestRecordAge = OutstandingRecords == 0 ? null : OldestRecordAge };
        }
    }

    /// <summary>Completes when one more call has come.</summary>
    public Task ArrivalAsync() => _arrivals.WaitAsync(TestContext.Current.CancellationToken);

    public async ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        await ArriveAsync(options, cancellationToken);
        if (Invalid(record) is { } invalid)
            throw new RecordValidationException(invalid.ErrorCode!, invalid.ErrorMessage!);
        return new EnqueuedRecord(DeliverAsync(Accept(stream, record, options), options));
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        await ArriveAsync(options, cancellationToken);
        if (options?.AckLevel == AckLevel.Persisted && !HasBacklog)
            throw new NotSupportedException("AckLevel Persisted needs the durable backlog");
        if (records.IsEmpty)
            throw new InvalidOperationException("an empty batch is not worth a call");
        var results = new RecordResult[records.Length];
        for (var i = 0; i < results.Length; i++)
            results[i] = Invalid(records.Span[i]) ?? Accept(stream, records.Span[i], options);
        return LastBatch = new FakeBatch(results, options?.AckLevel == AckLevel.Accepted ? Task.CompletedTask : Released);
    }

    public ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException("the endpoints wait in two steps");

    public ValueTask<RecordResult[]> PutAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException("the endpoints wait in two steps");

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>The ledgers; null for those that a test need not care about.</summary>
    public Func<string, StreamLedger>? Ledger { get; set; }

    public StreamLedger GetLedger(string stream) => Ledger?.Invoke(stream) ?? new(stream.Length, 1, 2, 3, 4, 5, 6);

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }

    private async Task ArriveAsync(PutOptions? options, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Calls++;
        (AcceptTimeout, Identity, Routing) = (options?.AcceptTimeout, options?.Identity, options?.Routing);
        _arrivals.Release();
        if (IsFull)
            throw options?.AcceptTimeout is null ? new InvalidOperationException("nobody may wait for ever") : new AcceptTimeoutException();
        await Room.WaitAsync(cancellationToken);
        ObjectDisposedException.ThrowIf(_disposed, this);
    }

    private RecordResult Accept(string stream, UserRecord record, PutOptions? options)
    {
        _records.Enqueue(new PutRecord(stream, record.PartitionKey, Encoding.UTF8.GetString(record.Data.Span), record.ExplicitHashKey, options?.AckLevel));
        if (Judge?.Invoke(record) is { } result && (!result.IsSuccess || options?.AckLevel != AckLevel.Accepted))
            return result;
        return options?.AckLevel is AckLevel.Accepted or AckLevel.Persisted
            ? RecordResult.Acknowledged(options.AckLevel == AckLevel.Accepted ? RecordStatus.Accepted : RecordStatus.Persisted)
            : RecordResult.Delivered("shardId-000000000003", Interlocked.Increment(ref _sequence).ToString(CultureInfo.InvariantCulture), 7, [OneAttempt]);
    }

    private async Task<RecordResult> DeliverAsync(RecordResult result, PutOptions? options)
    {
        if (options?.AckLevel != AckLevel.Accepted)
            await Released;
        return result;
    }

    private static RecordResult? Invalid(UserRecord record) => record.PartitionKey.Length is 0 or > 256
        ? RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.InvalidPartitionKey, $"partition key has {record.PartitionKey.Length} characters", record)
        : null;
}

/// <summary>What reached the producer, copied while it was there.</summary>
internal sealed record PutRecord(string Stream, string Key, string Data, UInt128? HashKey, AckLevel? Ack);
