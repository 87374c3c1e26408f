namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The records of one batch, in whatever form they arrived.</summary>
internal interface IRecordSource
{
    int Count { get; }

    /// <summary>
    /// Returns how many records from that index on are accepted at once: no more than fit a <see cref="PreparedBatch"/>, and few enough to fit into
    /// the memory limit.
    /// </summary>
    int PartFrom(int first);

    /// <summary>Whether one of these records has more data than that.</summary>
    bool HoldsLarger(int first, int count, long dataBytes);

    /// <summary>Prepares these records. Invalid ones get their outcome in the batch immediately.</summary>
    void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch);
}
