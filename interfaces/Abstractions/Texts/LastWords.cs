namespace Orleans.Kpl.Texts;

/// <summary>The words that a second interrupt tells before it ends the process: whoever runs knows what is undelivered.</summary>
internal sealed class LastWords
{
    /// <summary>How long telling may take: standard error may be a pipe that is full.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private volatile Action? _tell;

    /// <summary>Sets what is told, until it is set again; null for nothing.</summary>
    public void Set(Action? tell) => _tell = tell;

    /// <summary>Tells it, within a second.</summary>
    public void Tell()
    {
        if (_tell is { } tell)
            Task.WhenAny(Task.Run(tell), Task.Delay(Limit)).Wait();
    }
}
