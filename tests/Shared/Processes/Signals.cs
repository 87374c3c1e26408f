namespace Orleans.Kpl.Testing;

/// <summary>Signals by their numbers; those of stopping differ between systems.</summary>
internal static class Signals
{
    /// <summary>Ctrl-C.</summary>
    public const int Interrupt = 2;

    /// <summary>The end, at once.</summary>
    public const int Kill = 9;

    /// <summary>The wish to stop.</summary>
    public const int Terminate = 15;

    /// <summary>Freezes a process.</summary>
    public static int Stop { get; } = OperatingSystem.IsMacOS() ? 17 : 19;

    /// <summary>Lets a frozen process go on.</summary>
    public static int Continue { get; } = OperatingSystem.IsMacOS() ? 19 : 18;
}
