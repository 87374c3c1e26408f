namespace Orleans.Kpl.Settings;

/// <summary>One of a few names, in any case.</summary>
internal sealed class Choice<T>(params (string Name, T Value)[] values) : SettingValue<T>
    where T : struct
{
    public override string Expected => "one of";

    public override string Range => string.Join(", ", values.Select(v => v.Name));

    public override bool TryParse(string text, out T value)
    {
        var at = Array.FindIndex(values, v => v.Name.AsSpan().Equals(text.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase));
        value = at < 0 ? default : values[at].Value;
        return at >= 0;
    }

    public override string Format(T value) => values.FirstOrDefault(v => v.Value.Equals(value)).Name ?? value.ToString() ?? "";

    public override bool IsAllowed(T value) => values.Any(v => v.Value.Equals(value));
}

/// <summary>Creates choices.</summary>
internal static class Choice
{
    public static Choice<bool> Switch { get; } = new(("true", true), ("false", false));

    /// <summary>The names of an enum; numbers are not accepted.</summary>
    public static Choice<T> Of<T>(Func<T, string>? nameOf = null)
        where T : struct, Enum => new([.. Enum.GetValues<T>().Select(v => (nameOf?.Invoke(v) ?? v.ToString(), v))]);
}

/// <summary>Text of limited length without control characters; empty text is none.</summary>
/// <param name="range">The allowed text, in human-readable form.</param>
/// <param name="allows">A further check of the text; null to allow any.</param>
/// <param name="longest">The most characters.</param>
internal sealed class Text(string range = "", Func<string, bool>? allows = null, bool isSecret = false, int longest = 2_048, bool isList = false)
    : SettingValue<string?>
{
    public static Text Any { get; } = new();

    /// <summary>A secret, as long as its file may be: STS makes session tokens of no known size (AWS, "AssumeRole").</summary>
    public static Text Secret { get; } = new(isSecret: true, longest: SecretFiles.MaxBytes);

    public static Text Region { get; } = new("lower-case letters, digits and '-', at most 64", IsRegion);

    public static Text Host { get; } = new("a host name or an IP address", static v => Uri.CheckHostName(v) != UriHostNameType.Unknown);

    public override string Expected => "text";

    public override string Range => range;

    public override bool IsSecret => isSecret;

    public override bool IsList => isList;

    public override string Refusal(string? value) =>
        range.Length > 0 ? base.Refusal(value) : $"allowed is text of 1 to {longest} characters, without control characters";

    /// <summary>A host where another setting would take a whole address.</summary>
    public static Text HostBeside(string url) => new(
        $"a host name; a URL goes into Kpl:{url}", static v => Uri.CheckHostName(v) is UriHostNameType.Dns or UriHostNameType.IPv4);

    public static bool IsRegion(string text) => text.Length <= 64 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');

    public override bool TryParse(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return true;
    }

    public override string Format(string? value) => value ?? "";

    public override bool IsAllowed(string? value) =>
        value is null || (value.Length > 0 && value.Length <= longest && !value.Any(char.IsControl) && (allows is null || allows(value)));
}

/// <summary>Texts with commas between them.</summary>
/// <param name="isFit">Whether an entry is allowed; null to allow any without control characters.</param>
internal sealed class TextList(string range = "", Func<string, bool>? isFit = null) : SettingValue<IReadOnlyList<string>>
{
    public override string Expected => "a list with commas between its entries";

    public override string Range => range;

    public override bool IsList => true;

    public static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Nothing but commas is no list: whoever wrote them meant names, and would get a setting that is off.</summary>
    public override bool TryParse(string text, out IReadOnlyList<string> value)
    {
        value = Split(text);
        return value.Count > 0 || string.IsNullOrWhiteSpace(text);
    }

    public override string Format(IReadOnlyList<string> value) => string.Join(',', value);

    public override bool IsAllowed(IReadOnlyList<string> value) => value.All(v => !v.Any(char.IsControl) && (isFit is null || isFit(v)));
}

/// <summary>An address of a server.</summary>
/// <param name="isSecret">Whether it is not shown: a password may stand in it, allowed or not.</param>
/// <param name="isProxy">Whether it is a proxy's, which may have a user and a password, and is spoken to without TLS.</param>
internal sealed class Url(bool isSecret = false, bool isProxy = false) : SettingValue<Uri?>
{
    public override string Expected => "a URL such as http://127.0.0.1:4567";

    public override string Range => isProxy ? "http://, without query or fragment" : "http:// or https://, without user, query or fragment";

    public override bool IsSecret => isSecret;

    /// <summary>A user and a password may stand before an @, even where an address must not have them.</summary>
    public override bool Hides(string text) => isSecret || text.Contains('@', StringComparison.Ordinal);

    public override bool TryParse(string text, out Uri? value)
    {
        value = null;
        return text.Length == 0 || Uri.TryCreate(text.Trim(), UriKind.Absolute, out value);
    }

    public override string Format(Uri? value) => value?.OriginalString ?? "";

    public override bool IsAllowed(Uri? value) => value is null || (value.IsAbsoluteUri
        && (value.Scheme == Uri.UriSchemeHttp || (value.Scheme == Uri.UriSchemeHttps && !isProxy))
        && value is { Query: "", Fragment: "" } && (isProxy || value.UserInfo.Length == 0));
}

/// <summary>A value that is written in a form of its own.</summary>
/// <param name="parse">Returns null for a text that is not of this form.</param>
internal sealed class OwnForm<T>(string expected, string range, Func<string, T> parse, bool isSecret = false) : SettingValue<T>
{
    public override string Expected => expected;

    public override string Range => range;

    public override bool IsSecret => isSecret;

    public override bool TryParse(string text, out T value)
    {
        value = parse(text);
        return value is not null;
    }

    public override string Format(T value) => value?.ToString() ?? "";

    public override bool IsAllowed(T value) => true;
}
