using System.Globalization;
using System.Text.RegularExpressions;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The ARN of a registered consumer: its stream's, its name, and the second in which it was registered.</summary>
internal readonly partial record struct ConsumerArn(string Stream, string Name, long RegisteredAt)
{
    /// <summary>Reads an ARN of this account and region.</summary>
    public static bool TryParse(string text, out ConsumerArn arn)
    {
        arn = default;
        if (OwnArn().Match(text) is not { Success: true } match) return false;
        arn = new(match.Groups[1].Value, match.Groups[2].Value, long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture));
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KinesisStream.ArnOf(Stream)}/consumer/{Name}:{RegisteredAt}");

    [GeneratedRegex($"^arn:aws[a-z-]*:kinesis:{KinesisErrors.Region}:{KinesisErrors.Account}:stream/([a-zA-Z0-9_.-]+)"
        + "/consumer/([a-zA-Z0-9_.-]+):([0-9]{1,18})\\z")]
    private static partial Regex OwnArn();
}
