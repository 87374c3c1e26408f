using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing;

/// <summary>A test that sends signals, which Windows does not have.</summary>
internal sealed class PosixFactAttribute : FactAttribute
{
    public PosixFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (OperatingSystem.IsWindows())
            Skip = "signals are sent";
    }
}
