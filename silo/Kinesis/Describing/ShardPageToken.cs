using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// The contents of a <c>NextToken</c> of ListShards: the stream, the filter, and the last shard that was told. It is valid for 300 s, as Kinesis' own.
/// </summary>
/// <param name="Filter">The filter in JSON; empty for none.</param>
/// <param name="After">The last shard.</param>
internal sealed record ShardPageToken(string Stream, string Filter, string After)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Write(DateTimeOffset now)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{now.ToUnixTimeSeconds()}\n{Stream}\n{Filter}\n{After}");
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    /// <exception cref="FrontException">It is no such token, or it is too old.</exception>
    public static ShardPageToken Read(string token, DateTimeOffset now)
    {
        string[] parts;
        try
        {
            parts = Strict.GetString(Base64Url.DecodeFromChars(token)).Split('\n');
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            throw Invalid();
        }

        if (parts.Length != 4 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var issued) || !StreamName.IsFit(parts[1]))
            throw Invalid();
        if (now.ToUnixTimeSeconds() - issued > (long)Lifetime.TotalSeconds)
            throw new FrontException("ExpiredNextTokenException", "NextToken has expired.");
        return new ShardPageToken(parts[1], parts[2], parts[3]);
    }

    public static FrontException Invalid() => FrontErrors.InvalidArgument("NextToken is invalid.");
}
