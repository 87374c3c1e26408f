using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Finds the number that a file system has for an open file, which stays the same when the file is renamed.</summary>
internal static class FileNumber
{
    /// <summary>Returns the inode of a file; 0 where the system does not tell it: Linux from 5.14 on does.</summary>
    public static long Of(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        try
        {
            var about = File.ReadLines($"/proc/self/fdinfo/{file.DangerousGetHandle()}");
            var line = about.FirstOrDefault(static line => line.StartsWith("ino:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line.AsSpan("ino:".Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? unchecked((long)number)
                : 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0; // There is no /proc here: the file is known by its first bytes alone.
        }
    }
}
