using System.Globalization;
using Orleans.Kpl.Cli.Bench;

/// <summary>
/// What .NET runs in a program before its own code, where <c>DOTNET_STARTUP_HOOKS</c> names this assembly; .NET asks for this name, and for no namespace. It
/// has the program tell the longest pause of its own garbage collector.
/// </summary>
internal static class StartupHook
{
    /// <summary>The variable that says into which file it is told, in milliseconds.</summary>
    public const string FileVariable = "KPL_BENCH_PAUSE_FILE";

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(5);

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is { } file)
            new Thread(() => Watch(file)) { IsBackground = true }.Start();
    }

    private static void Watch(string file)
    {
        var watch = new PauseWatch();
        var told = TimeSpan.MinValue;
        while (true)
        {
            watch.Look();
            if (watch.Longest > told)
            {
                told = watch.Longest;
                // At once the old text or the new one, never a part.
                File.WriteAllText($"{file}.new", told.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
                File.Move($"{file}.new", file, overwrite: true);
            }

            Thread.Sleep(Between);
        }
    }
}
