using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>Writes all that can be read from a value, so that two values can be compared that have no equality of their own.</summary>
internal static class Shape
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        Assert.InRange(depth, 0, 12);
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case ReadOnlyMemory<byte> memory:
                text.Append(Convert.ToHexString(memory.Span));
                break;
            case byte[] bytes:
                text.Append(Convert.ToHexString(bytes));
                break;
            case string or IFormattable:
                text.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
            case bool flag:
                text.Append(flag);
                break;
            case Exception exception:
                var code = exception.GetType().GetProperty("Code")?.GetValue(exception);
                text.Append(exception.GetType().Name).Append(' ').Append(code).Append(": ").Append(exception.Message);
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (var item in items)
                {
                    Write(text, item, depth + 1);
                    text.Append(", ");
                }

                text.Append(']');
                break;
            default:
                WriteProperties(text, value, depth);
                break;
        }
    }

    private static void WriteProperties(StringBuilder text, object value, int depth)
    {
        var properties = value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(static p => p.CanRead && p.GetIndexParameters().Length == 0).ToList();
        Assert.NotEmpty(properties);
        text.Append(value.GetType().Name).Append(" {");
        foreach (var property in properties)
        {
            text.Append(property.Name).Append('=');
            Write(text, property.GetValue(value), depth + 1);
            text.Append("; ");
        }

        text.Append('}');
    }
}
