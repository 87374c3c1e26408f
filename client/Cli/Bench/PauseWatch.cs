namespace Orleans.Kpl.Cli.Bench;

/// <summary>The longest time for which the garbage collector stopped this process, among the collections that were looked at.</summary>
internal sealed class PauseWatch
{
    private int _collections = Collections;

    public TimeSpan Longest { get; private set; }

    private static int Collections => GC.CollectionCount(0);

    /// <summary>Looks at the latest collection. Those between two looks are missed, so look often.</summary>
    public void Look()
    {
        if (Collections == _collections)
            return;
        _collections = Collections;
        foreach (var pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
        {
            if (pause > Longest)
                Longest = pause;
        }
    }
}
