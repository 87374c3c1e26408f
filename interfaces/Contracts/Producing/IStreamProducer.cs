namespace Orleans.Kpl;

/// <summary>
/// Puts records into one stream through the tier. The key is the stream's name, or its ARN for a stream of another region or account:
/// <c>grainFactory.GetGrain&lt;IStreamProducer&gt;("events")</c>.
/// </summary>
/// <remarks>
/// Calls hold until their records have ended, so a caller may have many under way. One client process reaches one silo through
/// it; the client library (<c>Orleans.Kpl.Client</c>) spreads its load over all of them and is the faster way.
/// A call that times out abandons nothing: its records go on.
/// </remarks>
[Alias("Orleans.Kpl.IStreamProducer")]
public interface IStreamProducer : IGrainWithStringKey
{
    /// <summary>Puts one record and waits for its end.</summary>
    /// <param name="record">The record; copied before this returns its task.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <returns>The record's end; a failure is a result, not an exception.</returns>
    /// <exception cref="RecordValidationException">The record could never be taken.</exception>
    /// <exception cref="TimeoutException">
    /// No end within 40 s: the default <c>RecordTtl</c> and 10 s for the way. Records that may live longer are put through the client library.
    /// </exception>
    [Alias("PutRecord")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<RecordResult> PutRecord(UserRecord record, PutOptions? options = null);

    /// <summary>Puts many records and waits for the end of each.</summary>
    /// <param name="records">The records, packed.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <returns>The ends in the order of the records. Invalid records are failed results in their places.</returns>
    /// <exception cref="TimeoutException">Not all had ended within 40 s; see <see cref="PutRecord"/>.</exception>
    [Alias("PutRecords")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<RecordResult[]> PutRecords(RecordBatch records, PutOptions? options = null);

    /// <summary>Waits until every record that this silo had accepted for the stream has ended; skips the linger.</summary>
    [Alias("Flush")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task Flush();

    /// <summary>What this silo has of the stream.</summary>
    [Alias("GetStatus")]
    Task<StreamStatus> GetStatus();
}
