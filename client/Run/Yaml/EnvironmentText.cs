using System.Text.RegularExpressions;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>
/// Fills environment variables into a text: <c>${NAME}</c>, and <c>${NAME:-default}</c> where the variable is missing or empty. <c>$${</c> is a
/// literal <c>${</c>. It happens after the file was read, so that no value can change what the file means.
/// </summary>
internal static partial class EnvironmentText
{
    /// <summary>Whether a text has something to fill in.</summary>
    public static bool IsNeededBy(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>Returns the text with its variables filled in.</summary>
    /// <param name="variable">Returns a variable; null if it is not set.</param>
    /// <param name="error">Is told of each variable that is not set and has no default, and of a bracket that is not closed.</param>
    public static string Fill(string text, Func<string, string?> variable, Action<string> error) => Variable().Replace(text, found =>
    {
        if (found.Value is "$${")
            return "${";
        if (!found.Groups["end"].Success)
        {
            error("'${' has no '}'; write '$${' for the two characters themselves");
            return found.Value;
        }

        var name = found.Groups["name"].Value;
        if (!found.Groups["name"].Success)
            error($"'{found.Value}' names no environment variable: letters, digits and _, with ':-' before a default");
        else if (variable(name) is { } value && (value.Length > 0 || !found.Groups["default"].Success))
            return value;
        else if (!found.Groups["default"].Success)
            error($"environment variable {name} is not set; '${{{name}:-TEXT}}' has a default");
        return found.Groups["default"].Value;
    });

    [GeneratedRegex(@"\$\$\{|\$\{(?:(?<name>[A-Za-z0-9_]+)(?::-(?<default>[^}]*))?(?<end>\})|[^}]*(?<end>\})?)", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
