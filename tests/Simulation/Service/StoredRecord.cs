namespace Orleans.Kpl.Simulation.Service;

/// <summary>One Kinesis record that a shard holds.</summary>
/// <param name="ShardId">Its shard.</param>
/// <param name="SequenceNumber">Its number.</param>
/// <param name="Writer">The process that sent it.</param>
/// <param name="At">When it was stored.</param>
internal sealed record StoredRecord(string ShardId, string SequenceNumber, string Writer, long At)
{
    /// <summary>What consumers read from it.</summary>
    public IReadOnlyList<Copy> Members { get; set; } = [];

    /// <summary>Whether its writer was told that it is stored.</summary>
    public bool IsAnswered { get; set; }
}

/// <summary>One user record in a Kinesis record.</summary>
/// <param name="In">The Kinesis record.</param>
/// <param name="Place">Its place there.</param>
/// <param name="Number">The number that its caller wrote into its data.</param>
/// <param name="Order">How many user records the stream held before.</param>
/// <param name="IsVisible">Whether a consumer sees it that filters by the shard's range.</param>
internal sealed record Copy(StoredRecord In, int Place, long Number, long Order, bool IsVisible);
