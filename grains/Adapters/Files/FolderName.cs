using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// Names of folders for streams, different for different streams also where the file system does not tell capitals from small letters:
/// all but small letters, digits, <c>-</c>, <c>_</c> and an inner <c>.</c> become <c>%XX</c>. What grows too long for a name is cut,
/// with a hash of the whole; the stream is then told by a file in the folder.
/// </summary>
internal static class FolderName
{
    private const int Longest = 200;
    private const int KeptOfLonger = 120;
    private const char Cut = '~';

    /// <summary>The folder of a stream.</summary>
    public static string Of(string stream)
    {
        var name = new StringBuilder(stream.Length);
        var utf8 = Encoding.UTF8.GetBytes(stream);
        for (var i = 0; i < utf8.Length; i++)
        {
            var c = (char)utf8[i];
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' || (c == '.' && i > 0 && i < utf8.Length - 1))
                name.Append(c);
            else
                name.Append(CultureInfo.InvariantCulture, $"%{utf8[i]:X2}");
        }

        if (name.Length <= Longest)
            return name.ToString();
        var hash = Convert.ToHexStringLower(SHA256.HashData(utf8).AsSpan(0, 16));
        return $"{name.ToString(0, KeptOfLonger)}{Cut}{hash}";
    }

    /// <summary>Whether the name alone does not tell the stream.</summary>
    public static bool IsCut(string folder) => folder.Contains(Cut, StringComparison.Ordinal);

    /// <summary>The stream of a folder that is not cut; null where it is none of ours.</summary>
    public static string? StreamOf(string folder)
    {
        var stream = Uri.UnescapeDataString(folder);
        return stream.Length > 0 && Of(stream) == folder ? stream : null;
    }
}
