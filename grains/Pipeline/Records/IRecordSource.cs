namespace Orleans.Kpl.Pipeline.Records;

/// <summary>The records of one batch, in whatever form they came.</summary>
internal interface IRecordSource
{
    int Count { get; }

    /// <summary>How many records from there on are accepted at once: no more than a <see cref="PreparedBatch"/> takes, and small enough to find room.</summary>
    int PartFrom(int first);

    /// <summary>Whether one of them has more data than that.</summary>
    bool HoldsLarger(int first, int count, long dataBytes);

    /// <summary>Makes them ready; unfit ones end in the batch at once.</summary>
    void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch);
}
