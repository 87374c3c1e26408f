using System.Text;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>
/// Fills environment variables into a text: <c>${NAME}</c>, and <c>${NAME:-default}</c> where the variable is missing or empty. <c>$${</c> is a
/// literal <c>${</c>. It happens after the file was read, so that no value can change what the file means.
/// </summary>
internal static class EnvironmentText
{
    private const string Begin = "${";

    /// <summary>Whether a text has something to fill in.</summary>
    public static bool IsNeededBy(string text) => text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>Returns the text with its variables filled in.</summary>
    /// <param name="variable">Returns a variable; null if it is not set.</param>
    /// <param name="error">Is told of each variable that is not set and has no default, and of a bracket that is not closed.</param>
    public static string Fill(string text, Func<string, string?> variable, Action<string> error)
    {
        var filled = new StringBuilder(text.Length);
        var at = 0;
        while (text.IndexOf(Begin, at, StringComparison.Ordinal) is >= 0 and var begin)
        {
            if (begin > at && text[begin - 1] == '$')
            {
                filled.Append(text, at, begin - 1 - at).Append(Begin);
                at = begin + Begin.Length;
                continue;
            }

            filled.Append(text, at, begin - at);
            var end = text.IndexOf('}', begin);
            if (end < 0)
            {
                error("'${' has no '}'; write '$${' for the two characters themselves");
                return text;
            }

            filled.Append(Value(text[(begin + Begin.Length)..end], variable, error));
            at = end + 1;
        }

        return filled.Append(text, at, text.Length - at).ToString();
    }

    private static string Value(string expression, Func<string, string?> variable, Action<string> error)
    {
        var colon = expression.IndexOf(":-", StringComparison.Ordinal);
        var name = colon < 0 ? expression : expression[..colon];
        if (name.Length == 0 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            error($"'${{{expression}}}' names no environment variable: letters, digits and _, with ':-' before a default");
            return "";
        }

        var value = variable(name);
        if (colon >= 0)
            return value is { Length: > 0 } ? value : expression[(colon + 2)..];
        if (value is null)
            error($"environment variable {name} is not set; '${{{name}:-TEXT}}' has a default");
        return value ?? "";
    }
}
