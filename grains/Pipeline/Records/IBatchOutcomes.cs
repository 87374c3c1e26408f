namespace Orleans.Kpl.Pipeline.Records;

/// <summary>Takes the ends of a batch's records, whoever waits for them: a caller here, or one beyond the network.</summary>
internal interface IBatchOutcomes
{
    /// <summary>Part of the batch was accepted: it cannot be turned away as a whole any more.</summary>
    bool HasAccepted { get; set; }

    /// <summary>A record that was never accepted, or whose caller asked for no more than acceptance, ends here.</summary>
    void End(int index, in RecordResult result);

    /// <summary>Where the ends of records go that are accepted at the same instant.</summary>
    OutcomeSink NewPart(int count, in AcceptanceTerms terms);

    /// <summary>Every record has been accepted or ended.</summary>
    void AllHandedOver();
}
