namespace Orleans.Kpl;

/// <summary>
/// Knows one stream for the whole tier: its shards, and what failed. The key is the stream's name or ARN, as for <see cref="IStreamProducer"/>.
/// </summary>
[Alias("Orleans.Kpl.IStreamManager")]
public interface IStreamManager : IGrainWithStringKey
{
    /// <summary>The open shards as the tier knows them; reads them where it does not know any yet.</summary>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not answer.</exception>
    [Alias("GetShards")]
    [ResponseTimeout(HeldCalls.ResponseTimeout)]
    Task<StreamShards> GetShards();

    /// <summary>Reads the shards from Kinesis now, and tells the silos where they changed.</summary>
    /// <returns>The shards as they were read after this was called.</returns>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not answer.</exception>
    [Alias("Refresh")]
    [ResponseTimeout(HeldCalls.ResponseTimeout)]
    Task<StreamShards> Refresh();

    /// <summary>
    /// Records that ended without success, oldest first. The list is bounded: where more failed than it holds, the oldest are left out,
    /// and the numbers show the gap.
    /// </summary>
    /// <param name="after">The number of the last failure that is known already; 0 for the first page.</param>
    /// <param name="max">Failures at most; 1 to 1,000. A page is shorter where the records are large.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is out of its range.</exception>
    [Alias("GetFailures")]
    Task<FailurePage> GetFailures(long after = 0, int max = 100);
}
