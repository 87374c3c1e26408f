namespace Orleans.Kpl;

/// <summary>When data written to the backlog's folder counts as durable.</summary>
public enum BacklogSync
{
    /// <summary>When it is on the disk: it survives a loss of power. The default.</summary>
    Always = 0,

    /// <summary>When the operating system has it: it survives the end of the process, but not of the machine.</summary>
    Never,
}
