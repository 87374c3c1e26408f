namespace Orleans.Kpl.Http.Reading;

/// <summary>Why a record of a request never reached the producer.</summary>
/// <param name="Position">The record's position in the request, from 0.</param>
/// <param name="Code">One of <see cref="HttpErrorCodes"/> or <see cref="RecordErrorCodes"/>.</param>
/// <param name="Message">A human-readable description of the error.</param>
internal readonly record struct RecordError(int Position, string Code, string Message);
