namespace Orleans.Kpl;

/// <summary>When what is written to the backlog's folder counts as durable.</summary>
public enum BacklogSync
{
    /// <summary>When the disk has it: it survives a loss of power. The default.</summary>
    Always = 0,

    /// <summary>When the operating system has it: it survives the end of the process, not of the machine.</summary>
    Never,
}
