namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Judges the .NET runtime that the process found on its machine. Kestrel comes with it, and so do the corrections of Kestrel: packages of this version
/// bring none.
/// </summary>
internal static class RuntimePatch
{
    /// <summary>The patch that this version was tested with.</summary>
    public static readonly Version Tested = new(10, 0, 12);

    /// <summary>Returns what to tell an operator; null where the runtime is as new as the tested one.</summary>
    public static string? FindWarning(Version running) => running >= Tested
        ? null
        : $"The .NET runtime is {running}, older than {Tested}, with which this version was tested: corrections of its HTTP server may be missing. Install the newest patch.";
}
