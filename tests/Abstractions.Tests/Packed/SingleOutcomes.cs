namespace Orleans.Kpl.Packed;

/// <summary>Packs outcomes one by one.</summary>
internal static class SingleOutcomes
{
    /// <summary>Adds one outcome; false when the message would grow too large.</summary>
    public static bool TryAdd(this PackedOutcomesWriter writer, long index, in RecordResult result)
    {
        var run = new OutcomeRun();
        run.Add(index, result);
        return writer.TryAdd(run, run.Groups[0]);
    }
}
