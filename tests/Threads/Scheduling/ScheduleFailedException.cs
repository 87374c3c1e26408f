namespace Orleans.Kpl.Threads.Scheduling;

/// <summary>What must hold in a scenario does not.</summary>
internal sealed class ScheduleFailedException(string message) : Exception(message)
{
    /// <summary>Throws unless it holds.</summary>
    public static void Unless(bool holds, string broken)
    {
        if (!holds)
            throw new ScheduleFailedException(broken);
    }
}
