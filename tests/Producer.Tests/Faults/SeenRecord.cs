using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>A user record in the endpoint's account.</summary>
/// <param name="Data">Its data, as text.</param>
/// <param name="Visible">Whether KCL hands it to its application.</param>
/// <param name="InRange">Whether its own hash key is in its shard's range.</param>
/// <param name="Marks">What the account says of the Kinesis record that carries it.</param>
/// <param name="ArrivedAt">When that was applied.</param>
internal sealed record SeenRecord(
    string ShardId, string SequenceNumber, int SubSequenceNumber, string Key, string Data, bool Visible, bool InRange, RecordMarks Marks,
    DateTimeOffset ArrivedAt)
{
    /// <summary>Whether its producer could not know that it was applied.</summary>
    public bool IsAmbiguous => Marks >= RecordMarks.AnswerLost;

    public (string?, string?, int) Place => (ShardId, SequenceNumber, SubSequenceNumber);
}
