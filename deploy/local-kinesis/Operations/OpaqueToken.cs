using System.Globalization;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Iterators and page tokens: fields in base64, opaque to clients.</summary>
internal static class OpaqueToken
{
    public static string Write(string kind, params IEnumerable<object> fields) => Convert.ToBase64String(Encoding.UTF8.GetBytes(
        string.Join('|', fields.Select(field => Convert.ToString(field, CultureInfo.InvariantCulture)).Prepend(kind))));

    /// <summary>The fields of a token of this kind, or null.</summary>
    public static string[]? Read(string token, string kind, int count)
    {
        var bytes = new byte[token.Length];
        if (!Convert.TryFromBase64String(token, bytes, out var length)) return null;
        var fields = Encoding.UTF8.GetString(bytes, 0, length).Split('|');
        return fields.Length == count + 1 && fields[0] == kind ? fields[1..] : null;
    }
}
