namespace Orleans.Kpl.Pipeline.Records;

/// <summary>Takes the outcomes of a batch's records, for a caller in this process or one across the network.</summary>
internal interface IBatchOutcomes
{
    /// <summary>Notes that part of the batch was accepted, so the batch cannot be rejected as a whole any more.</summary>
    bool HasAccepted { get; set; }

    /// <summary>Whether the batch is accepted whole or not at all, because its caller puts it again where it is not accepted.</summary>
    bool IsWhole { get; }

    /// <summary>Whether full shards are waited for only so long, and what they do not take fails by itself.</summary>
    bool MayLeaveFullShards => false;

    /// <summary>Whether full shards were waited for long enough: records of other shards are then accepted, and theirs fail.</summary>
    bool LeavesFullShards => false;

    /// <summary>Sets the outcome of a record that was never accepted, or whose caller asked only for acceptance.</summary>
    void End(int index, in RecordResult result);

    /// <summary>Returns the sink for the outcomes of records that are accepted at the same instant.</summary>
    OutcomeSink NewPart(int count, in AcceptanceTerms terms);

    /// <summary>Notes that every record has been accepted or has its outcome.</summary>
    void AllHandedOver();
}
