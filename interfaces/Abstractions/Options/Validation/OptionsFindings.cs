namespace Orleans.Kpl.Validation;

/// <summary>An error or a warning about one setting.</summary>
/// <param name="IsError">Whether the options cannot work.</param>
/// <param name="Setting">The setting, by its name in its section.</param>
/// <param name="Text">The problem, worded to follow the setting's path.</param>
internal readonly record struct OptionsFinding(bool IsError, string Setting, string Text);

/// <summary>The findings about options that belong together.</summary>
internal sealed class OptionsFindings : List<OptionsFinding>
{
    public void ErrorIf(bool isSo, string setting, string text) => Add(isSo, isError: true, setting, text);

    public void WarnIf(bool isSo, string setting, string text) => Add(isSo, isError: false, setting, text);

    /// <summary>Checks that the credentials of a section are whole, and that it does not name two.</summary>
    public void CheckCredentials(string section, string? accessKeyId, string? secretAccessKey, string? sessionToken, string? profile)
    {
        var (hasKey, hasSecret) = (!string.IsNullOrEmpty(accessKeyId), !string.IsNullOrEmpty(secretAccessKey));
        ErrorIf(hasKey && !hasSecret, $"{section}:AccessKeyId", $"is set without Kpl:{section}:SecretAccessKey");
        ErrorIf(hasSecret && !hasKey, $"{section}:SecretAccessKey", $"is set without Kpl:{section}:AccessKeyId");
        ErrorIf(!string.IsNullOrEmpty(sessionToken) && !hasKey, $"{section}:SessionToken", $"is set without Kpl:{section}:AccessKeyId");
        WarnIf(!string.IsNullOrEmpty(profile) && hasKey, $"{section}:Profile", $"has no effect beside Kpl:{section}:AccessKeyId");
    }

    /// <summary>Warns of an address without TLS that is not on this machine.</summary>
    public void WarnOfClearText(string setting, Uri? address, string what) => WarnIf(
        address is { IsAbsoluteUri: true, Scheme: "http", IsLoopback: false }, setting, $"is http and not on this machine: {what} are sent in clear");

    private void Add(bool isSo, bool isError, string setting, string text)
    {
        if (isSo)
            Add(new OptionsFinding(isError, setting, text));
    }
}
