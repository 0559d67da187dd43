internal import APIKit

/// Words of the document that stand for one outcome.
enum Success: String, ChoiceValue { case success }
enum Updated: String, ChoiceValue { case updated }
