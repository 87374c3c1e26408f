using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>Has AWS's SDK read AWS's shared files, and says what is wrong with them.</summary>
internal static partial class SharedFiles
{
    private const string Name = "AWS's shared files";

    /// <summary>Reads the files. The SDK throws whatever it meets there, its own defects included.</summary>
    /// <param name="location">A credentials file to use instead of AWS's own files; null for those.</param>
    /// <exception cref="KinesisSettingsException">They cannot be read.</exception>
    public static T Read<T>(string? location, Func<CredentialProfileStoreChain, T> read)
    {
        try
        {
            return read(new CredentialProfileStoreChain(location));
        }
        catch (Exception error)
        {
            throw Told(error);
        }
    }

    /// <summary>Says what the SDK met. A line that it cannot read may be a secret: the SDK quotes it, here its file and number stand alone.</summary>
    public static KinesisSettingsException Told(Exception error) => new(Name, error switch
    {
        InvalidDataException => $"{PlaceIn(error.Message)} is neither a section, a property nor a comment.",
        AmazonClientException or IOException or UnauthorizedAccessException => error.Message,
        _ => $"AWS's SDK cannot read them: {error.GetType().Name}.",
    });

    private static string PlaceIn(string message) =>
        UnreadLine().Match(message) is { Success: true } line ? $"line {line.Groups["number"]} of {line.Groups["file"]}" : "a line";

    /// <summary>The sentence of AWS's SDK (AWSSDK.Core, <c>IniFile</c>).</summary>
    [GeneratedRegex("^Line (?<number>[0-9]+):<.*> in file (?<file>.+) does not contain", RegexOptions.Singleline)]
    private static partial Regex UnreadLine();
}
