namespace Orleans.Kpl;

/// <summary>
/// Puts records into one stream through the tier. The key is the stream's name, or its ARN for a stream of another region or account:
/// <c>grainFactory.GetGrain&lt;IStreamProducer&gt;("events")</c>.
/// </summary>
/// <remarks>
/// A call waits until its records have ended, so a caller may have many calls in flight. Through this interface one client process
/// reaches one silo. The client library (<c>Orleans.Kpl.Client</c>) spreads its load over all silos and is faster.
/// A call that times out abandons nothing that was accepted: its records continue.
/// </remarks>
[Alias("Orleans.Kpl.IStreamProducer")]
public interface IStreamProducer : IGrainWithStringKey
{
    /// <summary>Puts one record and waits for its outcome.</summary>
    /// <param name="record">The record; copied before this returns its task.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <returns>The record's outcome; a failure is a result, not an exception.</returns>
    /// <exception cref="RecordValidationException">Kinesis could never accept the record.</exception>
    /// <exception cref="TimeoutException">
    /// No outcome within 40 s: the default <c>RecordTtl</c> and 10 s for transport. Use the client library for records that may take longer. Or no memory
    /// for the record within 5 s: then it was not accepted, as the message says.
    /// </exception>
    [Alias("PutRecord"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null);

    /// <summary>Puts many records and waits for the outcome of each.</summary>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <returns>The outcomes in the order of the records. Invalid records become failed results at their positions.</returns>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="TimeoutException">
    /// Not all records had ended within 40 s; or there was no memory for them within 5 s, and none was accepted. Where some were, the others are failed
    /// results with code <c>Canceled</c>. See <see cref="PutRecord"/>.
    /// </exception>
    [Alias("PutRecords"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null);

    /// <summary>Waits until every record that this silo has accepted for the stream has ended; skips the linger.</summary>
    [Alias("Flush"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task Flush();

    /// <summary>Returns the state of the stream in this silo.</summary>
    [Alias("GetStatus")]
    Task<StreamStatus> GetStatus();
}

/// <summary>The state of one stream in one silo. The state of the tier is the sum over its silos.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamStatus")]
public sealed record StreamStatus
{
    /// <summary>The stream under its one name in the tier: the name for streams of the tier's own region and account, else the ARN.</summary>
    [Id(0)] public required string Stream { get; init; }

    /// <summary>The ledger of the records that this silo has accepted from callers since it started.</summary>
    [Id(1)] public StreamLedger Ledger { get; init; }

    /// <summary>The stream's records in this silo's memory, including forwarded records for shards that this silo owns.</summary>
    [Id(2)] public long OutstandingRecords { get; init; }

    /// <summary>The memory charged for those records, in bytes: data + keys + 160 each.</summary>
    [Id(3)] public long OutstandingBytes { get; init; }

    /// <summary>The age of the oldest record that has not ended; zero when there is none.</summary>
    [Id(4)] public TimeSpan OldestRecordAge { get; init; }

    /// <summary>The silo, as Orleans writes its address: <c>IP:PORT@GENERATION</c>.</summary>
    [Id(6)] public required string Silo { get; init; }

    /// <summary>When the silo's process began to count.</summary>
    [Id(7)] public DateTimeOffset StartedAt { get; init; }

    /// <summary>Whether the silo is shutting down and accepts no more records.</summary>
    [Id(8)] public bool IsDraining { get; init; }
}
