using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline;

/// <summary>The records of one call, so that all that is put goes one way.</summary>
/// <typeparam name="T">What the caller gets once it is accepted.</typeparam>
internal interface IPut<T>
{
    /// <summary>The number of records.</summary>
    int Count { get; }

    /// <summary>Has the stream accept it.</summary>
    ValueTask<T> ToAsync(IOpenStream stream, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>Ends it, because it goes by an ARN of which nobody can tell whose it is.</summary>
    T Fail(KinesisException why);

    /// <summary>Begins its span; null where it has none, or the listener wants none.</summary>
    /// <param name="threw">Told of a listener that threw, and what.</param>
    PutSpan? Begin(string stream, Action<string, Exception> threw);

    /// <summary>Ends the span where nothing else will.</summary>
    ValueTask EndAsync(PutSpan span, T accepted);
}

/// <summary>One record.</summary>
internal readonly struct RecordPut(UserRecord record) : IPut<EnqueuedRecord>
{
    private readonly UserRecord _record = record;

    public int Count => 1;

    public ValueTask<EnqueuedRecord> ToAsync(IOpenStream stream, PutOptions? options, CancellationToken cancellationToken) =>
        stream.EnqueueAsync(_record, options, cancellationToken);

    public EnqueuedRecord Fail(KinesisException why) => new(Task.FromResult(NamedPuts.ResultOf(_record, why)));

    public PutSpan? Begin(string stream, Action<string, Exception> threw) => PutSpan.Start(stream, count: null, threw);

    /// <summary>A record that was dropped, or whose caller asked only for acceptance, has no sink that ends the span.</summary>
    public async ValueTask EndAsync(PutSpan span, EnqueuedRecord accepted)
    {
        if (accepted.Delivery.IsCompletedSuccessfully)
            span.End(await accepted.Delivery.ConfigureAwait(false));
    }
}

/// <summary>A batch, which ends its span itself.</summary>
internal readonly struct BatchPut(ReadOnlyMemory<UserRecord> records) : IPut<EnqueuedBatch>
{
    public int Count => records.Length;

    public ValueTask<EnqueuedBatch> ToAsync(IOpenStream stream, PutOptions? options, CancellationToken cancellationToken) =>
        stream.EnqueueAsync(records, options, cancellationToken);

    public EnqueuedBatch Fail(KinesisException why)
    {
        var batch = new BatchOutcome(records.Length);
        for (var i = 0; i < records.Length; i++)
            batch.End(i, NamedPuts.ResultOf(records.Span[i], why));
        batch.AllHandedOver();
        return batch;
    }

    public PutSpan? Begin(string stream, Action<string, Exception> threw) => PutSpan.Start(stream, records.Length, threw);

    public ValueTask EndAsync(PutSpan span, EnqueuedBatch accepted) => default;
}
