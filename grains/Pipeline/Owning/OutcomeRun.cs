namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// The outcomes that a thread has set for records of one sink, and that go on together when the sink completes them: one lock instead of one a record.
/// </summary>
/// <remarks>A sink is completed by the thread that has set the outcomes, before that thread sets those of another sink.</remarks>
internal static class OutcomeRun
{
    [ThreadStatic]
    private static List<(long Number, RecordResult Result)>? t_run;

    /// <summary>Adds an outcome of this thread.</summary>
    /// <param name="number">The record, by the number under which whoever sent it knows it.</param>
    public static void Add(long number, in RecordResult result) => (t_run ??= new(64)).Add((number, result));

    /// <summary>Takes the outcomes that this thread has added.</summary>
    public static List<(long Number, RecordResult Result)> Take()
    {
        var run = t_run ?? [];
        t_run = null;
        return run;
    }

    /// <summary>Gives the list back once its outcomes have gone on.</summary>
    public static void Return(List<(long Number, RecordResult Result)> run)
    {
        run.Clear();
        t_run = run;
    }
}
