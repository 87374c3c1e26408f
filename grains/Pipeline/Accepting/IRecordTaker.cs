namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Takes records over that are fit and have their room.</summary>
internal interface IRecordTaker
{
    EnqueuedRecord Accept(in UserRecord record, PutOptions? options);

    void Accept(PreparedBatch prepared, Outcomes.IBatchEnds batch, PutOptions? options);
}
