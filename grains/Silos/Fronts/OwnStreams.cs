namespace Orleans.Kpl.Silos.Fronts;

/// <summary>The account whose streams are called by their names, and its region as far as it is known.</summary>
/// <param name="Beginning">What the ARNs of its streams in that region begin with; null where only the account is known.</param>
internal sealed record OwnStreams(string Account, string? Beginning)
{
    private const string OfStreams = ":stream/";
    private const string UnderAccount = "under account ";
    private const string OnResource = "on resource: arn:";
    private const int AccountLength = 12;

    /// <summary>Whether every ARN has a canonical name.</summary>
    public bool IsWhole => Beginning is not null;

    /// <summary>Returns what an ARN of one's own tells; null where the text is no stream's ARN.</summary>
    public static OwnStreams? OfArn(string arn)
    {
        var parts = arn.Split(':');
        return parts is ["arn", _, "kinesis", _, { Length: AccountLength } account, ..] && arn.IndexOf(OfStreams, StringComparison.Ordinal) is var end and > 0
            ? new OwnStreams(account, arn[..(end + OfStreams.Length)])
            : null;
    }

    /// <summary>
    /// Returns what the error of a call by name tells: <c>Stream events under account 111122223333 not found.</c>, or <c>User: … is not authorized to
    /// perform: kinesis:DescribeStreamSummary on resource: arn:aws:kinesis:us-east-1:111122223333:stream/events because …</c>. Null where it tells nothing.
    /// </summary>
    public static OwnStreams? OfError(string message)
    {
        if (message.IndexOf(OnResource, StringComparison.Ordinal) is var resource and >= 0)
            return OfArn(message[(resource + OnResource.Length - "arn:".Length)..].Split(' ')[0]);
        var start = message.IndexOf(UnderAccount, StringComparison.Ordinal) + UnderAccount.Length;
        if (start < UnderAccount.Length || message.Length < start + AccountLength)
            return null;
        var account = message[start..(start + AccountLength)];
        return account.All(char.IsAsciiDigit) ? new OwnStreams(account, null) : null;
    }

    /// <summary>Returns the canonical name of a stream's ARN; null where the region is missing to tell it.</summary>
    public string? CanonicalOf(string arn)
    {
        if (Beginning is not null)
            return arn.StartsWith(Beginning, StringComparison.Ordinal) ? arn[Beginning.Length..] : arn;
        return OfArn(arn)?.Account == Account ? null : arn;
    }
}
