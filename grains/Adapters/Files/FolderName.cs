using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// Names the folders of streams. Different streams get different names even where the file system ignores case: all but small letters, digits,
/// <c>-</c>, <c>_</c> and an inner <c>.</c> become <c>%XX</c>, and so does the first letter of a name that the store or the system has for itself.
/// A name that is too long is cut and gets a hash of the whole; a file in the folder then
/// holds the stream's name.
/// </summary>
internal static class FolderName
{
    private const int Longest = 200;
    private const int KeptOfLonger = 120;
    private const char Cut = '~';

    /// <summary>Names of the store's own files, which lie beside the folders.</summary>
    private static readonly HashSet<string> Taken = new(["lock", "format"], StringComparer.Ordinal);

    /// <summary>Names that are devices on Windows, whatever follows after a point.</summary>
    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(0, 10).SelectMany(static i => new[] { $"com{i}", $"lpt{i}" })], StringComparer.Ordinal);

    /// <summary>Returns the folder name of a stream.</summary>
    public static string Of(string stream) => Of(stream, OperatingSystem.IsWindows());

    /// <summary>Returns the folder name of a stream on such a machine.</summary>
    internal static string Of(string stream, bool isWindows)
    {
        var name = new StringBuilder(stream.Length);
        var utf8 = Encoding.UTF8.GetBytes(stream);
        var isReserved = Taken.Contains(stream) || (isWindows && Devices.Contains(stream.Split('.')[0]));
        for (var i = 0; i < utf8.Length; i++)
        {
            var c = (char)utf8[i];
            if (i == 0 && isReserved)
                name.Append(CultureInfo.InvariantCulture, $"%{utf8[i]:X2}");
            else if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' || (c == '.' && i > 0 && i < utf8.Length - 1))
                name.Append(c);
            else
                name.Append(CultureInfo.InvariantCulture, $"%{utf8[i]:X2}");
        }

        if (name.Length <= Longest)
            return name.ToString();
        var hash = Convert.ToHexStringLower(SHA256.HashData(utf8).AsSpan(0, 16));
        return $"{name.ToString(0, KeptOfLonger)}{Cut}{hash}";
    }

    /// <summary>Returns whether the folder name was cut, so that it does not identify the stream.</summary>
    public static bool IsCut(string folder) => folder.Contains(Cut, StringComparison.Ordinal);

    /// <summary>Returns the stream of a folder whose name is not cut; null where the folder is not a stream's.</summary>
    public static string? StreamOf(string folder)
    {
        var stream = Uri.UnescapeDataString(folder);
        return stream.Length > 0 && Of(stream) == folder ? stream : null;
    }
}
